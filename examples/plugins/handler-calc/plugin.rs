//! handler-calc: a plugin in Rust, against nothing but the bindings of the SDK.
mod calc;

use agentroom::*;
use std::os::raw::{c_char, c_void};
use std::ptr;

/// An instance. Several threads are in `handle` at the same time: what it holds is read alone.
struct Calc {
    host: *const ar_host,
}

unsafe extern "C" fn open(
    host: *const ar_host,
    params: *const ar_handler_open_params,
    out: *mut *mut ar_handler,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        // The manifest has no keys, so there is nothing that the table could say.
        if !(*params).config.as_str()?.trim().is_empty() {
            return Err(Failure::new(AR_INVALID, "handler-calc has no configuration", "empty [handler.calc]"));
        }
        *out = Box::into_raw(Box::new(Calc { host })) as *mut ar_handler;
        Ok(())
    })
}

unsafe extern "C" fn close(this: *mut ar_handler) {
    drop(Box::from_raw(this as *mut Calc));
}

unsafe extern "C" fn handle(
    this: *mut ar_handler,
    message: *const ar_message,
    sink: *const ar_reply_sink,
    cancel: *const ar_cancel,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let (this, sink) = (&*(this as *const Calc), &*sink);
        if ((*cancel).cancelled)((*cancel).ctx) != 0 {
            return Err(Failure::new(AR_CANCELLED, "cancelled", ""));
        }
        let answer = match calc::value_of((*message).text.as_str()?) {
            Ok(value) => value.to_string(),
            Err(why) => format!("I compute whole numbers: {why}."),
        };
        count(this.host, "calc_answers");
        (sink.reply)(sink.ctx, ar_string::of(&answer));
        Ok(())
    })
}

unsafe fn count(host: *const ar_host, name: &str) {
    ((*host).metric)((*host).ctx, ar_string::of(name), AR_METRIC_COUNTER, 1.0);
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
    id: b"handler-calc\0".as_ptr() as *const c_char,
    version: b"1.0.0\0".as_ptr() as *const c_char,
    kinds: b"handler\0".as_ptr() as *const c_char,
    init,
    get_interface,
    deinit,
};

#[no_mangle]
pub extern "C" fn agentroom_plugin_entry() -> *const ar_plugin {
    &PLUGIN
}
