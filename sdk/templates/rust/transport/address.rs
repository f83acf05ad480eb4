//! Addresses in numbers, and "localhost". A name server is not asked: it would keep the engine waiting.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What comes after `host:port` of "ws://host:port/path" is of no interest. `None`: it begins otherwise.
pub fn authority_of(url: &str) -> Option<&str> {
    url.strip_prefix("ws://")?.split(['/', '?', '#']).next()
}

/// "127.0.0.1:80", "[::1]:80"; without a port it has the default one. The outer `None`: it is no address; the inner:
/// its host is a name.
pub fn parse(text: &str, default_port: Option<u16>) -> Option<Option<SocketAddr>> {
    let (host, port) = match text.rfind(':') {
        Some(colon) if !text[colon..].contains(']') => (&text[..colon], parse_port(&text[colon + 1..])?),
        _ => (text, default_port?),
    };
    if host.is_empty() {
        return None;
    }
    Some(parse_host(host).map(|ip| SocketAddr::new(ip, port)))
}

fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn parse_host(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None if host == "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}
