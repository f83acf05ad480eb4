//! One end of a connection.
//!
//! ```text
//! frame  4 bytes, big-endian: its size, the highest bit set in the last one; then a message or, in the last one, the
//!        code (2 bytes) and the reason of the end
//! ```
use crate::system::{self, PollFd, POLLIN, POLLOUT};
use agentroom::*;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::io::AsRawFd;
use std::time::{Duration, Instant};

const HEAD: usize = 4;
const CODE: usize = 2;
const MAX_REASON: usize = 120;
const LAST_FRAME: u32 = 1 << 31;
const KEPT_BYTES: usize = 65_536;
const LINGER: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);

/// ```text
/// Connecting --> Open --> Closing: sends the rest, then waits for the other end --> Ended: `closed` is due
/// ```
#[derive(Clone, Copy, PartialEq)]
pub enum State {
    Connecting,
    Open,
    Closing,
    Ended,
}

/// What the host is to be told.
pub enum Event {
    Opened(String),
    Message(Vec<u8>),
    Drained,
}

pub struct Channel {
    pub events: *const ar_channel_events,
    pub state: State,
    pub is_paused: bool,
    /// While it is connecting or closing.
    deadline: Instant,
    stream: Option<TcpStream>, // none once it has ended
    peer: Option<SocketAddr>,
    max_message: u64,
    is_over_high_water: bool,
    is_deaf: bool, // the other end takes nothing more; what it has sent is still read
    head: [u8; HEAD],
    head_have: usize,
    frame: Option<Vec<u8>>, // the one that is being read, once its head is there
    frame_have: usize,
    out: Vec<u8>,
    out_sent: usize,
    code: u16, // why it ended
    reason: String,
    hint: &'static str,
}

/// For people, and harmless whoever wrote it.
fn printable(text: &[u8]) -> String {
    let harmless = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '?' };
    text.iter().take(MAX_REASON).map(harmless).collect()
}

impl Channel {
    pub fn new(events: *const ar_channel_events, max_message: u64, timeout: Duration) -> Channel {
        Channel {
            events,
            state: State::Connecting,
            is_paused: false,
            deadline: Instant::now() + timeout.min(LONGEST),
            stream: None,
            peer: None,
            max_message,
            is_over_high_water: false,
            is_deaf: false,
            head: [0; HEAD],
            head_have: 0,
            frame: None,
            frame_have: 0,
            out: Vec::new(),
            out_sent: 0,
            code: AR_CLOSE_ABNORMAL,
            reason: String::new(),
            hint: "",
        }
    }

    /// The outcome is told in a later turn, a failure too. `None`: the host is a name.
    pub fn connect(&mut self, to: Option<SocketAddr>) {
        self.peer = to;
        match to.as_ref().map(system::begin_connecting) {
            Some(Ok(stream)) => self.stream = Some(stream),
            Some(Err(why)) => self.end(&why.to_string()),
            None => {
                self.hint = "write the address in numbers, like ws://192.0.2.1:8787/ws";
                self.end("this transport does not look up names");
            }
        }
    }

    /// Takes over what was accepted, or is connected.
    pub fn open(&mut self, stream: TcpStream, peer: Option<SocketAddr>) -> Option<Event> {
        // Slower is no failure.
        let _ = stream.set_nodelay(true);
        self.stream = Some(stream);
        self.state = State::Open;
        Some(Event::Opened(peer.map_or_else(String::new, |peer| peer.ip().to_string())))
    }

    /// Queues a copy; the bytes that wait, 0 when nobody takes them.
    pub fn send(&mut self, message: &[u8]) -> u64 {
        if self.is_deaf || !self.is_live() {
            return 0;
        }
        if message.len() >= LAST_FRAME as usize {
            self.end("a message is too large for its frame");
            return 0;
        }
        self.out.extend_from_slice(&(message.len() as u32).to_be_bytes());
        self.out.extend_from_slice(message);
        let unsent = self.out.len() - self.out_sent;
        self.is_over_high_water |= unsent > AR_TRANSPORT_HIGH_WATER as usize;
        unsent as u64
    }

    /// Queues the last frame. What comes from now on is dropped.
    pub fn close(&mut self, code: u16, reason: &[u8]) {
        self.code = code;
        self.reason = printable(reason);
        let can_tell = self.state == State::Open && !self.is_deaf;
        self.state = if can_tell { State::Closing } else { State::Ended };
        if can_tell {
            let head = LAST_FRAME | (CODE + self.reason.len()) as u32;
            self.out.extend_from_slice(&head.to_be_bytes());
            self.out.extend_from_slice(&code.to_be_bytes());
            self.out.extend_from_slice(self.reason.as_bytes());
            self.deadline = Instant::now() + LINGER;
        } else {
            self.stream = None;
        }
    }

    /// Connecting or open: not closed by either side.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Connecting | State::Open)
    }

    /// When it has to be looked at whatever happens.
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Connecting | State::Closing => Some(self.deadline),
            State::Open => None,
            State::Ended => Some(Instant::now()),
        }
    }

    /// Ends what has taken too long.
    pub fn expire(&mut self, now: Instant) {
        if matches!(self.state, State::Connecting | State::Closing) && self.deadline <= now {
            self.end("no connection was made in time");
        }
    }

    /// What it waits for; left out when that is nothing, as it would be told of an error again and again.
    pub fn poll(&self) -> PollFd {
        let is_sending = self.state == State::Connecting || self.out_sent < self.out.len();
        let is_reading = self.state == State::Closing || (self.state == State::Open && !self.is_paused);
        let events = (i16::from(is_sending) * POLLOUT) | (i16::from(is_reading) * POLLIN);
        let file = self.stream.as_ref().filter(|_| events != 0).map_or(-1, |stream| stream.as_raw_fd());
        PollFd { file, events, returned: 0 }
    }

    /// Does what can be done now, up to the next event.
    pub fn step(&mut self) -> Option<Event> {
        match self.state {
            State::Connecting => self.finish_connecting(),
            State::Open => self.flush().or_else(|| self.receive()),
            State::Closing => {
                self.flush();
                self.discard();
                None
            }
            State::Ended => None,
        }
    }

    /// Sends what is queued, as much as the system takes.
    pub fn flush(&mut self) -> Option<Event> {
        if self.out.is_empty() || !matches!(self.state, State::Open | State::Closing) {
            return None;
        }
        let stream = self.stream.as_mut()?;
        while self.out_sent < self.out.len() {
            match stream.write(&self.out[self.out_sent..]) {
                Ok(sent) => self.out_sent += sent,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::WouldBlock => {
                    self.forget_sent();
                    return None;
                }
                Err(_) => {
                    self.is_deaf = true; // what it has sent may tell why
                    self.out_sent = self.out.len();
                }
            }
        }
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES);
        self.out_sent = 0;
        if self.state == State::Closing {
            // The other end reads all of it, then closes; when it is gone already, reading tells.
            let _ = stream.shutdown(Shutdown::Write);
        }
        let is_drained = self.state == State::Open && self.is_over_high_water && !self.is_deaf;
        self.is_over_high_water &= !is_drained;
        is_drained.then_some(Event::Drained)
    }

    /// Moves the rest to the front once it is the smaller part.
    fn forget_sent(&mut self) {
        if self.out_sent > self.out.len() / 2 {
            self.out.drain(..self.out_sent);
            self.out_sent = 0;
        }
    }

    fn finish_connecting(&mut self) -> Option<Event> {
        let stream = self.stream.take()?;
        match stream.take_error() {
            Ok(None) => self.open(stream, self.peer),
            Ok(Some(why)) | Err(why) => {
                self.end(&why.to_string());
                None
            }
        }
    }

    /// The next message, when all of it is there and it is wanted.
    fn receive(&mut self) -> Option<Event> {
        if self.is_paused {
            return None;
        }
        if let Err(why) = self.read_frame() {
            match why.kind() {
                ErrorKind::WouldBlock => {}
                ErrorKind::UnexpectedEof => self.end("the other side is gone"),
                _ => self.end(&why.to_string()),
            }
            return None;
        }
        let frame = self.frame.take()?;
        self.head_have = 0;
        if u32::from_be_bytes(self.head) & LAST_FRAME == 0 {
            return Some(Event::Message(frame));
        }
        self.end("");
        self.code = u16::from_be_bytes([frame[0], frame[1]]);
        self.reason = printable(&frame[CODE..]);
        None
    }

    /// `Ok` once all of the frame is there, or none is to come.
    fn read_frame(&mut self) -> io::Result<()> {
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        fill(stream, &mut self.head, &mut self.head_have)?;
        if self.frame.is_none() {
            self.begin_frame(u32::from_be_bytes(self.head));
        }
        match (self.stream.as_mut(), self.frame.as_mut()) {
            (Some(stream), Some(frame)) => fill(stream, frame, &mut self.frame_have),
            _ => Ok(()),
        }
    }

    /// Makes room for what the head tells of, if it may be as large as that.
    fn begin_frame(&mut self, head: u32) {
        let size = (head & !LAST_FRAME) as usize;
        let is_last = head & LAST_FRAME != 0;
        if is_last && !(CODE..=CODE + MAX_REASON).contains(&size) {
            self.end("what came is no frame of this transport");
        } else if !is_last && size as u64 > self.max_message {
            self.close(AR_CLOSE_TOO_LARGE, b"a message is too large");
        } else {
            self.frame = Some(vec![0; size]);
            self.frame_have = 0;
        }
    }

    /// What comes while the channel is being closed is of no interest, but that it ends is.
    fn discard(&mut self) {
        let mut bytes = [0; 16_384];
        for _ in 0..64 {
            match self.stream.as_mut().map(|stream| stream.read(&mut bytes)) {
                Some(Ok(got)) if got > 0 => {}
                Some(Err(why)) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return,
                _ => return self.end(""),
            }
        }
    }

    /// The turn tells it. A channel that was closed here keeps its own reason.
    fn end(&mut self, reason: &str) {
        if self.state != State::Closing {
            self.code = AR_CLOSE_ABNORMAL;
            self.reason = printable(reason.as_bytes());
        }
        self.state = State::Ended;
        self.stream = None;
    }

    /// The last event.
    pub fn tell_closed(&self, id: ar_channel) {
        let why = ar_close_info {
            struct_size: size_of_struct::<ar_close_info>(),
            code: self.code,
            reason: ar_string::of(&self.reason),
            hint: ar_string::of(self.hint),
        };
        // SAFETY: inside a turn; the events are there until the transport is closed.
        unsafe { ((*self.events).closed)((*self.events).ctx, id, &why) };
    }
}

/// `WouldBlock` before all of it is there.
fn fill(stream: &mut TcpStream, to: &mut [u8], have: &mut usize) -> io::Result<()> {
    while *have < to.len() {
        match stream.read(&mut to[*have..]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(got) => *have += got,
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}
