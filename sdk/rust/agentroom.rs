//! The plugin boundary of agentroom in Rust: ABI 1.0, every kind, and the little that a plugin in Rust needs beside it.
//!
//! The headers in `agentroom/abi/` are the reference: what each method promises, who owns what, which thread calls. The
//! names here are theirs. Needs no crate and rustc 1.63 or newer; it is compiled as a library of its own, which the
//! plugin, a `cdylib`, links:
//!
//! ```text
//! rustc --edition 2021 --crate-type rlib --crate-name agentroom agentroom.rs
//! rustc --edition 2021 --crate-type cdylib --extern agentroom=libagentroom.rlib -o handler-hello.so plugin.rs
//! ```
//!
//! A method of a plugin runs its body in [`guarded`]: a panic must not leave it.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_void};

// ---- types.h ----

/// The version of this boundary.
pub const AR_ABI_MAJOR: u16 = 1;
pub const AR_ABI_MINOR: u16 = 0;

/// Outcomes. A reader treats one that it does not know as `AR_INTERNAL`.
pub type ar_status = i32;
pub const AR_OK: ar_status = 0;
/// A bug in the callee.
pub const AR_INTERNAL: ar_status = 1;
/// An argument or a configuration value is wrong.
pub const AR_INVALID: ar_status = 2;
/// The callee does not do this.
pub const AR_UNSUPPORTED: ar_status = 3;
pub const AR_NOT_FOUND: ar_status = 4;
/// A put-if-absent found its key present.
pub const AR_CONFLICT: ar_status = 5;
/// Disk or system: full, read-only, failing.
pub const AR_IO: ar_status = 6;
/// Stored data that does not check.
pub const AR_CORRUPT: ar_status = 7;
/// Not done because something before it failed.
pub const AR_ABORTED: ar_status = 8;
pub const AR_TOO_LARGE: ar_status = 9;
pub const AR_TIMEOUT: ar_status = 10;
pub const AR_CANCELLED: ar_status = 11;
/// Unreachable, refused, reset.
pub const AR_NETWORK: ar_status = 12;
pub const AR_PERMISSION: ar_status = 13;
/// An address, a file.
pub const AR_IN_USE: ar_status = 14;

/// A view of bytes; `data` may be null when `size` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ar_bytes {
    pub data: *const u8,
    pub size: usize,
}

/// A view of bytes that the callee may overwrite.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ar_mut_bytes {
    pub data: *mut u8,
    pub size: usize,
}

/// A view of UTF-8, not terminated; `data` may be null when `size` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ar_string {
    pub data: *const c_char,
    pub size: usize,
}

/// Told to a person: filled by the callee when it returns anything but `AR_OK`. Never holds a secret. May be null.
#[repr(C)]
pub struct ar_error {
    pub struct_size: u32,
    pub status: ar_status,
    /// NUL-terminated: what was tried, what was expected.
    pub message: [c_char; 512],
    /// NUL-terminated: what to do next; may be empty.
    pub hint: [c_char; 256],
}

/// A block of bytes with exactly one holder, who calls `release` once, on any thread.
#[repr(C)]
pub struct ar_buffer {
    pub data: *mut u8,
    pub size: usize,
    pub capacity: usize,
    pub release: unsafe extern "C" fn(this: *mut ar_buffer),
}

// ---- host.h ----

pub const AR_LOG_DEBUG: i32 = 0;
pub const AR_LOG_INFO: i32 = 1;
pub const AR_LOG_WARN: i32 = 2;
pub const AR_LOG_ERROR: i32 = 3;

/// `value` is added; never negative.
pub const AR_METRIC_COUNTER: i32 = 0;
/// `value` replaces.
pub const AR_METRIC_GAUGE: i32 = 1;

/// What the host does for a plugin; `ctx` is the first argument of each method. Valid from `init` until `deinit`
/// returned. All \[any\].
#[repr(C)]
pub struct ar_host {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub ctx: *mut c_void,
    /// One line of the log, escaped by the host. Never pass a secret.
    pub log: unsafe extern "C" fn(ctx: *mut c_void, level: i32, message: ar_string),
    /// A block with size 0, or null when there is no memory.
    pub allocate: unsafe extern "C" fn(ctx: *mut c_void, capacity: usize) -> *mut ar_buffer,
    /// Runs `run(arg)` once on the engine thread; `AR_ABORTED` when the host is stopping.
    pub post: unsafe extern "C" fn(
        ctx: *mut c_void,
        run: Option<unsafe extern "C" fn(arg: *mut c_void)>,
        arg: *mut c_void,
    ) -> ar_status,
    /// Counts or sets `agentroom_plugin_<name>`; name: `[a-z0-9_]{1,64}`.
    pub metric: unsafe extern "C" fn(ctx: *mut c_void, name: ar_string, kind: i32, value: f64),
}

// ---- entry.h ----

pub const AR_PLUGIN_ENTRY_SYMBOL: &str = "agentroom_plugin_entry";
pub const AR_INTERFACE_TRANSPORT: &str = "agentroom.transport/1";
pub const AR_INTERFACE_TUNNEL: &str = "agentroom.tunnel/1";
pub const AR_INTERFACE_STORE: &str = "agentroom.store/1";
pub const AR_INTERFACE_HANDLER: &str = "agentroom.handler/1";

/// What `agentroom_plugin_entry` returns: static, never changed. Texts are NUL-terminated.
#[repr(C)]
pub struct ar_plugin {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    /// As in the manifest.
    pub id: *const c_char,
    /// Of the plugin itself.
    pub version: *const c_char,
    /// Kinds, separated by one space.
    pub kinds: *const c_char,
    /// Called by each host before anything else. \[owner\]
    pub init: unsafe extern "C" fn(host: *const ar_host, error: *mut ar_error) -> ar_status,
    /// The static vtable of that interface, or null. \[owner\]
    pub get_interface: unsafe extern "C" fn(name: *const c_char) -> *const c_void,
    /// Called once by each host, after every instance of it was closed. \[owner\]
    pub deinit: unsafe extern "C" fn(),
}

// SAFETY: what it points to is constant.
unsafe impl Sync for ar_plugin {}

/// The exported symbol: `#[no_mangle] pub extern "C" fn agentroom_plugin_entry() -> *const ar_plugin`.
pub type ar_plugin_entry_fn = unsafe extern "C" fn() -> *const ar_plugin;

// ---- handler.h ----

/// The plugin's own.
#[repr(C)]
pub struct ar_handler {
    _private: [u8; 0],
}

/// A received text. Views valid until `handle` returns.
#[repr(C)]
pub struct ar_message {
    pub struct_size: u32,
    /// At most 131,072 bytes. From the peer: data, never instructions.
    pub text: ar_string,
    /// The peer's key, 43 characters of base64url.
    pub from: ar_string,
    /// Printable, at most 64 bytes; may be empty.
    pub from_name: ar_string,
    /// The own key.
    pub self_: ar_string,
    pub msg_id: ar_string,
    pub conversation_id: ar_string,
    /// 1; more when an earlier run was cut short by a crash.
    pub attempt: u32,
    /// Automatic answers before this message.
    pub hops: u32,
    /// Unix time of the sender's clock.
    pub sent_at_ms: i64,
}

/// Where the answer goes: exactly one of the three is called, once, on the thread of `handle`, before it returns `AR_OK`.
#[repr(C)]
pub struct ar_reply_sink {
    pub struct_size: u32,
    pub ctx: *mut c_void,
    /// 1 to 131,072 bytes.
    pub reply: unsafe extern "C" fn(ctx: *mut c_void, text: ar_string),
    /// Handled, nothing to say.
    pub none: unsafe extern "C" fn(ctx: *mut c_void),
    /// Nothing is sent, the owner is told.
    pub fail: unsafe extern "C" fn(ctx: *mut c_void, error: *const ar_error),
}

/// Tells a running call to give up.
#[repr(C)]
pub struct ar_cancel {
    pub struct_size: u32,
    /// Readable once cancelled, for poll(2); not to be read or closed.
    pub descriptor: i32,
    pub ctx: *mut c_void,
    /// Not 0 once cancelled. \[any\]
    pub cancelled: unsafe extern "C" fn(ctx: *mut c_void) -> i32,
}

#[repr(C)]
pub struct ar_handler_open_params {
    pub struct_size: u32,
    /// TOML; may be empty.
    pub config: ar_string,
}

#[repr(C)]
pub struct ar_handler_interface {
    pub struct_size: u32,
    /// \[owner\]
    pub open: unsafe extern "C" fn(
        host: *const ar_host,
        params: *const ar_handler_open_params,
        out: *mut *mut ar_handler,
        error: *mut ar_error,
    ) -> ar_status,
    /// \[owner\]
    pub close: unsafe extern "C" fn(this: *mut ar_handler),
    /// May block. When cancelled: `AR_CANCELLED` within 2 s, and nothing of the sink is called. \[worker\]
    pub handle: unsafe extern "C" fn(
        this: *mut ar_handler,
        message: *const ar_message,
        sink: *const ar_reply_sink,
        cancel: *const ar_cancel,
        error: *mut ar_error,
    ) -> ar_status,
}

// ---- store.h ----

pub const AR_STORE_MAX_KEY: u32 = 1024;
pub const AR_STORE_MAX_VALUE: u32 = 16 * 1024 * 1024;

/// The plugin's own.
#[repr(C)]
pub struct ar_store {
    _private: [u8; 0],
}

/// Writes, replacing.
pub const AR_STORE_PUT: u32 = 0;
/// Removes; an absent key is no error.
pub const AR_STORE_DELETE: u32 = 1;
/// Writes; a present key fails the whole batch with `AR_CONFLICT`.
pub const AR_STORE_PUT_IF_ABSENT: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ar_store_op {
    pub kind: u32,
    pub reserved: u32,
    pub key: ar_bytes,
    pub value: ar_bytes,
}

/// Nothing is made or changed.
pub const AR_STORE_OPEN_READ_ONLY: u32 = 1;

#[repr(C)]
pub struct ar_store_open_params {
    pub struct_size: u32,
    pub flags: u32,
    /// TOML; may be empty.
    pub config: ar_string,
    /// Absolute path without extension; its folder exists.
    pub location: ar_string,
}

/// Called once for each accepted commit, in their order; `error` is null when the status is `AR_OK`. \[any\], never from
/// inside `commit`.
pub type ar_store_done = unsafe extern "C" fn(ctx: *mut c_void, status: ar_status, error: *const ar_error);

/// Called once for each record; 0 ends the scan.
pub type ar_store_visit = unsafe extern "C" fn(ctx: *mut c_void, key: ar_bytes, value: ar_bytes) -> i32;

#[repr(C)]
pub struct ar_store_size {
    pub struct_size: u32,
    /// On disk, everything included.
    pub bytes: u64,
    /// Of these: what `compact` would about give back.
    pub unused_bytes: u64,
}

/// Required: all up to `resume`.
#[repr(C)]
pub struct ar_store_interface {
    pub struct_size: u32,
    /// \[owner\]
    pub open: unsafe extern "C" fn(
        host: *const ar_host,
        params: *const ar_store_open_params,
        out: *mut *mut ar_store,
        error: *mut ar_error,
    ) -> ar_status,
    /// Completes every accepted commit. \[owner\]
    pub close: unsafe extern "C" fn(this: *mut ar_store),
    /// \[engine\]
    pub get: unsafe extern "C" fn(
        this: *mut ar_store,
        key: ar_bytes,
        visit: ar_store_visit,
        ctx: *mut c_void,
        error: *mut ar_error,
    ) -> ar_status,
    /// Keys that begin with `prefix` and are greater than `after`, at most `limit` (0: all). \[engine\]
    pub scan: unsafe extern "C" fn(
        this: *mut ar_store,
        prefix: ar_bytes,
        after: ar_bytes,
        limit: u64,
        visit: ar_store_visit,
        ctx: *mut c_void,
        error: *mut ar_error,
    ) -> ar_status,
    /// Copies what it needs and returns; `done` once all of it is durable. \[engine\]
    pub commit: unsafe extern "C" fn(
        this: *mut ar_store,
        ops: *const ar_store_op,
        count: usize,
        done: ar_store_done,
        ctx: *mut c_void,
        error: *mut ar_error,
    ) -> ar_status,
    /// Accepts batches again after a failure. \[engine\]
    pub resume: unsafe extern "C" fn(this: *mut ar_store, error: *mut ar_error) -> ar_status,
    /// Optional: is all of the data whole? \[engine\]
    pub check: Option<unsafe extern "C" fn(this: *mut ar_store, error: *mut ar_error) -> ar_status>,
    /// Optional. \[engine\]
    pub size:
        Option<unsafe extern "C" fn(this: *mut ar_store, out: *mut ar_store_size, error: *mut ar_error) -> ar_status>,
    /// Optional: writes the data anew without what was deleted. \[engine\]
    pub compact: Option<unsafe extern "C" fn(this: *mut ar_store, error: *mut ar_error) -> ar_status>,
    /// Optional: a copy of one moment, as one file. \[any\]
    pub backup: Option<
        unsafe extern "C" fn(
            this: *mut ar_store,
            path: ar_string,
            cancelled: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
            ctx: *mut c_void,
            error: *mut ar_error,
        ) -> ar_status,
    >,
}

// ---- transport.h ----

/// The plugin's own.
#[repr(C)]
pub struct ar_transport {
    _private: [u8; 0],
}

/// Names a channel for the life of its instance. Never reused; 0 names none.
pub type ar_channel = u64;

/// Unsent bytes of one channel above which the host stops sending until `drained`.
pub const AR_TRANSPORT_HIGH_WATER: u32 = 1_048_576;

pub const AR_CLOSE_NORMAL: u16 = 1000;
pub const AR_CLOSE_GOING_AWAY: u16 = 1001;
/// The connection broke, or was never there; only received.
pub const AR_CLOSE_ABNORMAL: u16 = 1006;
pub const AR_CLOSE_POLICY: u16 = 1008;
pub const AR_CLOSE_TOO_LARGE: u16 = 1009;

/// Who is at the other end. Untrusted text, each at most 1,024 bytes; empty where unknown.
#[repr(C)]
pub struct ar_peer_info {
    pub struct_size: u32,
    pub address: ar_string,
    pub forwarded_for: ar_string,
    pub cf_connecting_ip: ar_string,
}

/// Why a channel ended. Untrusted text, each at most 1,024 bytes.
#[repr(C)]
pub struct ar_close_info {
    pub struct_size: u32,
    pub code: u16,
    pub reason: ar_string,
    pub hint: ar_string,
}

/// Events of channels. All \[engine\], inside `turn`.
#[repr(C)]
pub struct ar_channel_events {
    pub struct_size: u32,
    pub ctx: *mut c_void,
    pub opened: unsafe extern "C" fn(ctx: *mut c_void, channel: ar_channel, peer: *const ar_peer_info),
    pub message: unsafe extern "C" fn(ctx: *mut c_void, channel: ar_channel, message: ar_mut_bytes),
    pub drained: unsafe extern "C" fn(ctx: *mut c_void, channel: ar_channel),
    pub closed: unsafe extern "C" fn(ctx: *mut c_void, channel: ar_channel, why: *const ar_close_info),
}

#[repr(C)]
pub struct ar_http_request {
    pub struct_size: u32,
    pub method: ar_string,
    /// Untrusted.
    pub target: ar_string,
}

/// Filled in by the host during `request`; the transport releases `body`, which may be null.
#[repr(C)]
pub struct ar_http_response {
    pub struct_size: u32,
    pub status: u32,
    pub content_type: ar_string,
    pub body: *mut ar_buffer,
}

#[repr(C)]
pub struct ar_listen_params {
    pub struct_size: u32,
    /// host:port; port 0 picks a free one.
    pub address: ar_string,
    pub max_message: u64,
    /// Stays valid until `close`.
    pub events: *const ar_channel_events,
    /// A plain request that asks for no channel. \[engine\]
    pub request:
        unsafe extern "C" fn(ctx: *mut c_void, request: *const ar_http_request, response: *mut ar_http_response),
    pub request_ctx: *mut c_void,
}

/// What `listen` bound.
#[repr(C)]
pub struct ar_listening {
    pub struct_size: u32,
    pub port: u16,
    /// Static: how URLs that reach the listener begin, "ws" or "wss".
    pub scheme: ar_string,
}

#[repr(C)]
pub struct ar_connect_params {
    pub struct_size: u32,
    pub url: ar_string,
    pub max_message: u64,
    pub timeout_us: u64,
    /// Stays valid until `close`.
    pub events: *const ar_channel_events,
}

#[repr(C)]
pub struct ar_transport_open_params {
    pub struct_size: u32,
    /// TOML; may be empty.
    pub config: ar_string,
}

#[repr(C)]
pub struct ar_transport_interface {
    pub struct_size: u32,
    /// \[owner\]
    pub open: unsafe extern "C" fn(
        host: *const ar_host,
        params: *const ar_transport_open_params,
        out: *mut *mut ar_transport,
        error: *mut ar_error,
    ) -> ar_status,
    /// \[owner\]
    pub close: unsafe extern "C" fn(this: *mut ar_transport),
    /// \[engine\]
    pub listen: unsafe extern "C" fn(
        this: *mut ar_transport,
        params: *const ar_listen_params,
        out: *mut ar_listening,
        error: *mut ar_error,
    ) -> ar_status,
    /// \[engine\]
    pub stop_listening: unsafe extern "C" fn(this: *mut ar_transport),
    /// \[engine\]
    pub connect: unsafe extern "C" fn(
        this: *mut ar_transport,
        params: *const ar_connect_params,
        out: *mut ar_channel,
        error: *mut ar_error,
    ) -> ar_status,
    /// Becomes the holder of the buffer; the bytes that the system has not taken yet. \[engine\]
    pub send: unsafe extern "C" fn(this: *mut ar_transport, channel: ar_channel, message: *mut ar_buffer) -> u64,
    /// \[engine\]
    pub pause: unsafe extern "C" fn(this: *mut ar_transport, channel: ar_channel),
    /// \[engine\]
    pub resume: unsafe extern "C" fn(this: *mut ar_transport, channel: ar_channel),
    /// \[engine\]
    pub close_channel: unsafe extern "C" fn(this: *mut ar_transport, channel: ar_channel, code: u16, reason: ar_string),
    /// Flushes, waits, reads, calls back. \[engine\]
    pub turn: unsafe extern "C" fn(this: *mut ar_transport, timeout_us: u64),
    /// \[any\]
    pub wake: unsafe extern "C" fn(this: *mut ar_transport),
    /// \[engine\]
    pub reload: unsafe extern "C" fn(this: *mut ar_transport, error: *mut ar_error) -> ar_status,
}

// ---- tunnel.h ----

/// The plugin's own.
#[repr(C)]
pub struct ar_tunnel {
    _private: [u8; 0],
}

#[repr(C)]
pub struct ar_tunnel_progress {
    pub struct_size: u32,
    /// One stable word in lower case.
    pub state: ar_string,
    pub detail: ar_string,
    pub bytes: u64,
    /// 0: there is none, or its size is unknown.
    pub total: u64,
}

#[repr(C)]
pub struct ar_tunnel_address {
    pub struct_size: u32,
    /// 1: the health path answered 200 through it; 0: that is not known.
    pub reachable: i32,
    pub url: ar_string,
    pub https: ar_string,
}

/// \[any\], but never two at once for one tunnel, never from inside `open` or `close`.
#[repr(C)]
pub struct ar_tunnel_events {
    pub struct_size: u32,
    pub ctx: *mut c_void,
    pub progress: unsafe extern "C" fn(ctx: *mut c_void, progress: *const ar_tunnel_progress),
    pub ready: unsafe extern "C" fn(ctx: *mut c_void, address: *const ar_tunnel_address),
    pub lost: unsafe extern "C" fn(ctx: *mut c_void, reason: ar_string),
    pub failed: unsafe extern "C" fn(ctx: *mut c_void, why: *const ar_error, given_up: i32),
}

#[repr(C)]
pub struct ar_tunnel_open_params {
    pub struct_size: u32,
    /// TOML; may be empty.
    pub config: ar_string,
    pub local_address: ar_string,
    pub scheme: ar_string,
    pub health_path: ar_string,
    /// For what the plugin keeps; empty: it keeps nothing.
    pub folder: ar_string,
    /// Stays valid until `close`.
    pub events: *const ar_tunnel_events,
}

#[repr(C)]
pub struct ar_tunnel_interface {
    pub struct_size: u32,
    /// Returns at once. \[owner\]
    pub open: unsafe extern "C" fn(
        host: *const ar_host,
        params: *const ar_tunnel_open_params,
        out: *mut *mut ar_tunnel,
        error: *mut ar_error,
    ) -> ar_status,
    /// \[owner\]
    pub close: unsafe extern "C" fn(this: *mut ar_tunnel),
}

// ---- What a plugin in Rust needs beside ----

/// The `struct_size` of a struct that a plugin makes.
pub const fn size_of_struct<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// True when the struct that `$pointer` points to is large enough to hold `$member`: for members younger than 1.0.
/// Unsafe: the pointer is that of such a struct.
#[macro_export]
macro_rules! ar_has_member {
    ($pointer:expr, $member:ident) => {{
        let pointer = $pointer;
        let member = std::ptr::addr_of!((*pointer).$member);
        let end = member as usize - pointer as usize + $crate::size_of_pointee(member);
        std::ptr::addr_of!((*pointer).struct_size).read() as usize >= end
    }};
}

#[doc(hidden)]
pub fn size_of_pointee<T>(_: *const T) -> usize {
    std::mem::size_of::<T>()
}

impl ar_bytes {
    /// A view that is valid as long as `bytes`.
    pub fn of(bytes: &[u8]) -> ar_bytes {
        ar_bytes { data: bytes.as_ptr(), size: bytes.len() }
    }

    /// # Safety
    /// The view is valid for `'a`.
    pub unsafe fn as_slice<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.size)
    }
}

impl ar_string {
    /// A view that is valid as long as `text`.
    pub fn of(text: &str) -> ar_string {
        ar_string { data: text.as_ptr() as *const c_char, size: text.len() }
    }

    /// `AR_INVALID` when it is no UTF-8.
    ///
    /// # Safety
    /// The view is valid for `'a`.
    pub unsafe fn as_str<'a>(self) -> Result<&'a str, Failure> {
        let bytes = ar_bytes { data: self.data as *const u8, size: self.size }.as_slice();
        std::str::from_utf8(bytes).map_err(|_| Failure::new(AR_INVALID, "a text is no UTF-8", ""))
    }
}

/// What a method tells instead of `AR_OK`.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: ar_status,
    pub message: String,
    pub hint: String,
}

impl Failure {
    /// `message`: what was tried, what was expected; `hint`: what to do next, may be empty. Neither holds a secret.
    pub fn new(status: ar_status, message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { status, message: message.into(), hint: hint.into() }
    }

    /// Fills what the caller gave for it, which may be null; the status to return.
    ///
    /// # Safety
    /// `error` is null or that of a caller of the boundary.
    pub unsafe fn fill(&self, error: *mut ar_error) -> ar_status {
        let status = if self.status == AR_OK { AR_INTERNAL } else { self.status };
        if !error.is_null() && ar_has_member!(error as *const ar_error, hint) {
            (*error).status = status;
            copy_text(&mut (*error).message, &self.message);
            copy_text(&mut (*error).hint, &self.hint);
        }
        status
    }
}

/// Copies what fits and terminates it; never ends inside a character.
fn copy_text(out: &mut [c_char], text: &str) {
    let mut size = text.len().min(out.len() - 1);
    while !text.is_char_boundary(size) {
        size -= 1;
    }
    for (to, from) in out.iter_mut().zip(&text.as_bytes()[..size]) {
        *to = *from as c_char;
    }
    out[size] = 0;
}

/// Runs the body of a method: `Ok` is `AR_OK`, a failure is told to the caller, and a panic is `AR_INTERNAL` in place of
/// the end of the process. Nothing is printed of a panic: it may hold what a peer wrote.
///
/// # Safety
/// `error` is null or that of a caller of the boundary.
pub unsafe fn guarded(error: *mut ar_error, body: impl FnOnce() -> Result<(), Failure>) -> ar_status {
    // Each plugin has a standard library of its own: the hook is nobody else's.
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
        Ok(Ok(())) => AR_OK,
        Ok(Err(failure)) => failure.fill(error),
        Err(_) => Failure::new(AR_INTERNAL, "the plugin panicked", "").fill(error),
    }
}

/// Whether `name`, as `get_interface` is given it, is `interface`.
///
/// # Safety
/// `name` is NUL-terminated.
pub unsafe fn names(name: *const c_char, interface: &str) -> bool {
    std::ffi::CStr::from_ptr(name).to_bytes() == interface.as_bytes()
}

/// One line of the host's log.
///
/// # Safety
/// `host` is the one that the plugin was given, before its `deinit` returned.
pub unsafe fn log(host: *const ar_host, level: i32, message: &str) {
    ((*host).log)((*host).ctx, level, ar_string::of(message));
}
