//! A tunnel that is none: it tells the relay's own address.
use agentroom::*;
use std::os::raw::{c_char, c_void};
use std::ptr;
use std::thread::{Builder, JoinHandle};

struct Tunnel {
    thread: Option<JoinHandle<()>>,
}

/// Valid until `close`, which joins the thread that calls them.
struct Events(*const ar_tunnel_events);
unsafe impl Send for Events {}

impl Events {
    /// Events never come from inside `open` or `close`, and one at a time.
    unsafe fn tell_ready(&self, url: &str, https: &str) {
        let events = &*self.0;
        let progress = ar_tunnel_progress {
            struct_size: size_of_struct::<ar_tunnel_progress>(),
            state: ar_string::of("ready"),
            detail: ar_string::of(""),
            bytes: 0,
            total: 0,
        };
        (events.progress)(events.ctx, &progress);
        let address = ar_tunnel_address {
            struct_size: size_of_struct::<ar_tunnel_address>(),
            reachable: 0,
            url: ar_string::of(url),
            https: ar_string::of(https),
        };
        (events.ready)(events.ctx, &address);
    }
}

unsafe extern "C" fn open(
    _host: *const ar_host,
    params: *const ar_tunnel_open_params,
    out: *mut *mut ar_tunnel,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let scheme = (*params).scheme.as_str()?;
        let address = (*params).local_address.as_str()?;
        let url = format!("{scheme}://{address}/ws");
        let https = format!("{}://{address}", if scheme == "wss" { "https" } else { "http" });
        let events = Events((*params).events);
        let thread = Builder::new()
            .spawn(move || unsafe { events.tell_ready(&url, &https) })
            .map_err(|why| Failure::new(AR_INTERNAL, format!("cannot start a thread: {why}"), ""))?;
        *out = Box::into_raw(Box::new(Tunnel { thread: Some(thread) })) as *mut ar_tunnel;
        Ok(())
    })
}

/// Within a few seconds in every state; no event follows its return.
unsafe extern "C" fn close(this: *mut ar_tunnel) {
    let mut tunnel = Box::from_raw(this as *mut Tunnel);
    if let Some(thread) = tunnel.thread.take() {
        let _ = thread.join();
    }
}

unsafe extern "C" fn init(_host: *const ar_host, _error: *mut ar_error) -> ar_status {
    AR_OK
}

unsafe extern "C" fn get_interface(name: *const c_char) -> *const c_void {
    if names(name, AR_INTERFACE_TUNNEL) {
        &TUNNEL as *const ar_tunnel_interface as *const c_void
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn deinit() {}

static TUNNEL: ar_tunnel_interface =
    ar_tunnel_interface { struct_size: size_of_struct::<ar_tunnel_interface>(), open, close };

static PLUGIN: ar_plugin = ar_plugin {
    struct_size: size_of_struct::<ar_plugin>(),
    abi_major: AR_ABI_MAJOR,
    abi_minor: AR_ABI_MINOR,
    id: b"@ID@\0".as_ptr() as *const c_char,
    version: b"0.1.0\0".as_ptr() as *const c_char,
    kinds: b"tunnel\0".as_ptr() as *const c_char,
    init,
    get_interface,
    deinit,
};

#[no_mangle]
pub extern "C" fn agentroom_plugin_entry() -> *const ar_plugin {
    &PLUGIN
}
