//! A transport over TCP.
//!
//! It is a beginning. Both ends need this plugin, as nobody else speaks its frames (channel.rs): the relay's plain HTTP
//! requests, such as /health, are not answered, and a tunnel for HTTP does not carry it. It does not encrypt: the core
//! boxes what a link carries before it comes here. Names are not looked up. It runs on Linux.
mod address;
mod channel;
mod system;

use crate::channel::{Channel, Event};
use crate::system::{PollFd, POLLIN};
use agentroom::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::raw::{c_char, c_void};
use std::os::unix::io::AsRawFd;
use std::ptr;
use std::time::{Duration, Instant};

const AT_A_TIME: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// An instance. The engine thread has all of it, but `wake`, which every thread may write.
struct Transport {
    host: *const ar_host,
    wake: File,
    /// Never borrowed while the host is called: it may call every method but turn and close meanwhile.
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    channels: BTreeMap<ar_channel, Channel>,
    last_id: ar_channel,
    listener: Option<Listener>,
}

struct Listener {
    socket: TcpListener,
    events: *const ar_channel_events,
    max_message: u64,
    not_before: Instant, // later than now after there were no descriptors left
}

/// What happened during a wait.
struct Ready {
    channels: Vec<ar_channel>,
    listener: bool,
}

impl Inner {
    fn add(&mut self, channel: Channel) -> ar_channel {
        self.last_id += 1;
        self.channels.insert(self.last_id, channel);
        self.last_id
    }

    fn live(&mut self, id: ar_channel) -> Option<&mut Channel> {
        self.channels.get_mut(&id).filter(|channel| channel.is_live())
    }

    /// Nothing when there is no listener, or nobody is waiting.
    fn accept(&mut self) -> Option<io::Result<(TcpStream, SocketAddr, Channel)>> {
        let listener = self.listener.as_mut()?;
        match listener.socket.accept() {
            Err(why) if why.kind() == ErrorKind::WouldBlock => None,
            Err(why) => {
                let is_over = matches!(why.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted);
                listener.not_before = Instant::now() + Duration::from_secs(if is_over { 0 } else { 1 });
                Some(Err(why))
            }
            Ok((stream, peer)) => {
                let channel = Channel::new(listener.events, listener.max_message, LONGEST_WAIT);
                Some(stream.set_nonblocking(true).map(|()| (stream, peer, channel)))
            }
        }
    }
}

impl Transport {
    /// Lets a channel do something, and tells the host of what came of it; false when that was nothing.
    fn tell(&self, id: ar_channel, step: impl FnOnce(&mut Channel) -> Option<Event>) -> bool {
        let (event, events) = match self.inner.borrow_mut().channels.get_mut(&id) {
            Some(channel) => (step(channel), channel.events),
            None => return false,
        };
        // SAFETY: inside a turn; the events are there until the transport is closed.
        let events = unsafe { &*events };
        match event {
            None => return false,
            Some(Event::Opened(address)) => {
                let peer = ar_peer_info {
                    struct_size: size_of_struct::<ar_peer_info>(),
                    address: ar_string::of(&address),
                    forwarded_for: ar_string::of(""),
                    cf_connecting_ip: ar_string::of(""),
                };
                unsafe { (events.opened)(events.ctx, id, &peer) };
            }
            Some(Event::Message(mut message)) => {
                let view = ar_mut_bytes { data: message.as_mut_ptr(), size: message.len() };
                unsafe { (events.message)(events.ctx, id, view) };
            }
            Some(Event::Drained) => unsafe { (events.drained)(events.ctx, id) },
        }
        true
    }

    fn turn(&self, timeout: Duration) {
        let all: Vec<ar_channel> = self.inner.borrow().channels.keys().copied().collect();
        for id in all {
            self.tell(id, Channel::flush);
        }
        let ready = self.wait(timeout);
        for id in ready.channels {
            for _ in 0..AT_A_TIME {
                if !self.tell(id, Channel::step) {
                    break;
                }
            }
        }
        if ready.listener {
            self.accept_all();
        }
        self.tell_ended();
    }

    fn wait(&self, timeout: Duration) -> Ready {
        let now = Instant::now();
        let mut until = now + timeout.min(LONGEST_WAIT);
        let mut files = vec![PollFd { file: self.wake.as_raw_fd(), events: POLLIN, returned: 0 }];
        let mut ids = Vec::new();
        {
            let inner = self.inner.borrow();
            let mut accepting = PollFd { file: -1, events: POLLIN, returned: 0 };
            match &inner.listener {
                Some(listener) if listener.not_before > now => until = until.min(listener.not_before),
                Some(listener) => accepting.file = listener.socket.as_raw_fd(),
                None => {}
            }
            files.push(accepting);
            for (id, channel) in &inner.channels {
                files.push(channel.poll());
                ids.push(*id);
                until = channel.due().map_or(until, |due| until.min(due));
            }
        }
        system::poll(&mut files, until.saturating_duration_since(now));
        if files[0].returned != 0 {
            let _ = (&self.wake).read(&mut [0; 8]); // how many there were is of no interest
        }
        let has_events = |(file, id): (&PollFd, ar_channel)| (file.returned != 0).then_some(id);
        let channels = files[2..].iter().zip(ids).filter_map(has_events).collect();
        Ready { channels, listener: files[1].returned != 0 }
    }

    fn accept_all(&self) {
        for _ in 0..AT_A_TIME {
            let accepted = self.inner.borrow_mut().accept();
            match accepted {
                None => return,
                Some(Ok((stream, peer, channel))) => {
                    let id = self.inner.borrow_mut().add(channel);
                    self.tell(id, |channel| channel.open(stream, Some(peer)));
                }
                Some(Err(why)) if matches!(why.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Some(Err(why)) => {
                    let message = format!("cannot accept a connection: {why}");
                    // SAFETY: the host is there until `deinit`.
                    return unsafe { log(self.host, AR_LOG_WARN, &message) };
                }
            }
        }
    }

    /// Takes out those that have ended, then tells of them.
    fn tell_ended(&self) {
        let now = Instant::now();
        let mut ended = Vec::new();
        {
            let channels = &mut self.inner.borrow_mut().channels;
            for (id, channel) in channels.iter_mut() {
                channel.expire(now);
                if channel.state == channel::State::Ended {
                    ended.push(*id);
                }
            }
        }
        for id in ended {
            let channel = self.inner.borrow_mut().channels.remove(&id);
            if let Some(channel) = channel {
                channel.tell_closed(id);
            }
        }
    }
}

// ---- The interface ----

unsafe fn transport_of<'a>(this: *mut ar_transport) -> &'a Transport {
    &*(this as *const Transport)
}

/// For methods that tell no error.
unsafe fn quietly(body: impl FnOnce()) {
    guarded(ptr::null_mut(), || {
        body();
        Ok(())
    });
}

unsafe extern "C" fn open(
    host: *const ar_host,
    params: *const ar_transport_open_params,
    out: *mut *mut ar_transport,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        if !(*params).config.as_str()?.trim().is_empty() {
            return Err(Failure::new(AR_INVALID, "there are no keys; expected an empty table", ""));
        }
        let wake = system::event()
            .map_err(|why| Failure::new(AR_INTERNAL, format!("cannot make an event descriptor: {why}"), ""))?;
        let transport = Transport { host, wake, inner: RefCell::default() };
        *out = Box::into_raw(Box::new(transport)) as *mut ar_transport;
        Ok(())
    })
}

unsafe extern "C" fn close(this: *mut ar_transport) {
    drop(Box::from_raw(this as *mut Transport));
}

fn listen_on(text: &str) -> Result<(TcpListener, u16), Failure> {
    let expected = "expected an address to listen on, like 127.0.0.1:8787 or [::1]:8787";
    let address = address::parse(text, None).flatten().ok_or_else(|| Failure::new(AR_INVALID, expected, ""))?;
    let bound = TcpListener::bind(address).and_then(|socket| {
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        Ok((socket, port))
    });
    bound.map_err(|why| {
        let status = match why.kind() {
            ErrorKind::AddrInUse => AR_IN_USE,
            ErrorKind::PermissionDenied => AR_PERMISSION,
            ErrorKind::AddrNotAvailable => AR_INVALID,
            _ => AR_IO,
        };
        Failure::new(status, format!("cannot listen on {address}: {why}"), "")
    })
}

unsafe extern "C" fn listen(
    this: *mut ar_transport,
    params: *const ar_listen_params,
    out: *mut ar_listening,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let params = &*params;
        let inner = &mut *transport_of(this).inner.borrow_mut();
        let text = params.address.as_str()?;
        if inner.listener.is_some() {
            return Err(Failure::new(AR_IN_USE, "there can be one listener, and it listens already", ""));
        }
        let (socket, port) = listen_on(text)?;
        let (events, max_message) = (params.events, params.max_message);
        inner.listener = Some(Listener { socket, events, max_message, not_before: Instant::now() });
        (*out).port = port;
        (*out).scheme = ar_string::of("ws"); // what the host expects of a transport without TLS
        Ok(())
    })
}

unsafe extern "C" fn stop_listening(this: *mut ar_transport) {
    quietly(|| transport_of(this).inner.borrow_mut().listener = None);
}

unsafe extern "C" fn connect(
    this: *mut ar_transport,
    params: *const ar_connect_params,
    out: *mut ar_channel,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let params = &*params;
        let authority = address::authority_of(params.url.as_str()?).ok_or_else(|| {
            let message = "expected a URL that begins with ws://, the only scheme of this transport";
            Failure::new(AR_UNSUPPORTED, message, "")
        })?;
        let to = address::parse(authority, Some(80)).ok_or_else(|| {
            Failure::new(AR_INVALID, "expected a URL with host and port, like ws://127.0.0.1:8787/ws", "")
        })?;
        let timeout = Duration::from_micros(params.timeout_us);
        let mut channel = Channel::new(params.events, params.max_message, timeout);
        channel.connect(to);
        *out = transport_of(this).inner.borrow_mut().add(channel);
        Ok(())
    })
}

unsafe extern "C" fn send(this: *mut ar_transport, id: ar_channel, message: *mut ar_buffer) -> u64 {
    let mut unsent = 0;
    quietly(|| {
        let bytes = ar_bytes { data: (*message).data, size: (*message).size }.as_slice();
        unsent = transport_of(this).inner.borrow_mut().live(id).map_or(0, |channel| channel.send(bytes));
    });
    ((*message).release)(message);
    unsent
}

unsafe fn set_paused(this: *mut ar_transport, id: ar_channel, is_paused: bool) {
    quietly(|| {
        if let Some(channel) = transport_of(this).inner.borrow_mut().live(id) {
            channel.is_paused = is_paused;
        }
    });
}

unsafe extern "C" fn pause(this: *mut ar_transport, id: ar_channel) {
    set_paused(this, id, true);
}

unsafe extern "C" fn resume(this: *mut ar_transport, id: ar_channel) {
    set_paused(this, id, false);
}

unsafe extern "C" fn close_channel(this: *mut ar_transport, id: ar_channel, code: u16, reason: ar_string) {
    quietly(|| {
        let reason = ar_bytes { data: reason.data as *const u8, size: reason.size }.as_slice();
        if let Some(channel) = transport_of(this).inner.borrow_mut().live(id) {
            channel.close(code, reason);
        }
    });
}

unsafe extern "C" fn turn(this: *mut ar_transport, timeout_us: u64) {
    quietly(|| transport_of(this).turn(Duration::from_micros(timeout_us)));
}

/// From any thread: it touches nothing else.
unsafe extern "C" fn wake(this: *mut ar_transport) {
    quietly(|| {
        let wake: *const File = ptr::addr_of!((*(this as *const Transport)).wake);
        let _ = (&*wake).write(&1_u64.to_ne_bytes()); // it fails only where many wakes are waiting already
    });
}

unsafe extern "C" fn reload(_this: *mut ar_transport, _error: *mut ar_error) -> ar_status {
    AR_OK // there are no files to be read again
}

unsafe extern "C" fn init(_host: *const ar_host, _error: *mut ar_error) -> ar_status {
    AR_OK
}

unsafe extern "C" fn get_interface(name: *const c_char) -> *const c_void {
    if names(name, AR_INTERFACE_TRANSPORT) {
        &TRANSPORT as *const ar_transport_interface as *const c_void
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn deinit() {}

static TRANSPORT: ar_transport_interface = ar_transport_interface {
    struct_size: size_of_struct::<ar_transport_interface>(),
    open,
    close,
    listen,
    stop_listening,
    connect,
    send,
    pause,
    resume,
    close_channel,
    turn,
    wake,
    reload,
};

static PLUGIN: ar_plugin = ar_plugin {
    struct_size: size_of_struct::<ar_plugin>(),
    abi_major: AR_ABI_MAJOR,
    abi_minor: AR_ABI_MINOR,
    id: b"@ID@\0".as_ptr() as *const c_char,
    version: b"0.1.0\0".as_ptr() as *const c_char,
    kinds: b"transport\0".as_ptr() as *const c_char,
    init,
    get_interface,
    deinit,
};

#[no_mangle]
pub extern "C" fn agentroom_plugin_entry() -> *const ar_plugin {
    &PLUGIN
}
