//! A handler that answers with what it was told.
use agentroom::*;
use std::os::raw::{c_char, c_void};
use std::ptr;

/// An instance. Several threads are in `handle` at once, though never two for one peer.
struct Handler;

unsafe extern "C" fn open(
    _host: *const ar_host,
    _params: *const ar_handler_open_params, // its configuration is TOML; this one has no keys
    out: *mut *mut ar_handler,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        *out = Box::into_raw(Box::new(Handler)) as *mut ar_handler;
        Ok(())
    })
}

unsafe extern "C" fn close(this: *mut ar_handler) {
    drop(Box::from_raw(this as *mut Handler));
}

/// Whatever takes long asks whether it is cancelled, and fails with `AR_CANCELLED` within two seconds of a yes.
unsafe extern "C" fn handle(
    _this: *mut ar_handler,
    message: *const ar_message,
    sink: *const ar_reply_sink,
    cancel: *const ar_cancel,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        if ((*cancel).cancelled)((*cancel).ctx) != 0 {
            return Err(Failure::new(AR_CANCELLED, "cancelled", ""));
        }
        let text = (*message).text.as_str()?;
        if text.is_empty() {
            ((*sink).none)((*sink).ctx);
        } else {
            ((*sink).reply)((*sink).ctx, ar_string::of(text));
        }
        Ok(())
    })
}

unsafe extern "C" fn init(_host: *const ar_host, _error: *mut ar_error) -> ar_status {
    AR_OK
}

unsafe extern "C" fn get_interface(name: *const c_char) -> *const c_void {
    if names(name, AR_INTERFACE_HANDLER) {
        &HANDLER as *const ar_handler_interface as *const c_void
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn deinit() {}

static HANDLER: ar_handler_interface =
    ar_handler_interface { struct_size: size_of_struct::<ar_handler_interface>(), open, close, handle };

static PLUGIN: ar_plugin = ar_plugin {
    struct_size: size_of_struct::<ar_plugin>(),
    abi_major: AR_ABI_MAJOR,
    abi_minor: AR_ABI_MINOR,
    id: b"@ID@\0".as_ptr() as *const c_char,
    version: b"0.1.0\0".as_ptr() as *const c_char,
    kinds: b"handler\0".as_ptr() as *const c_char,
    init,
    get_interface,
    deinit,
};

#[no_mangle]
pub extern "C" fn agentroom_plugin_entry() -> *const ar_plugin {
    &PLUGIN
}
