//! Where a request came from, as far as somebody trustworthy says so.

mod node;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderValue};
use ipnet::{IpNet, Ipv4Net};

/// How the address of a client is found: whom to believe.
///
/// Anybody can send a `Forwarded` or `X-Forwarded-For` header that says anything, and a proxy adds to the right
/// of what it got. So these headers are read only where proxies are named, from the right, across all their
/// lines, and no further than those proxies vouch for: nothing that a client sends changes the result.
///
/// Default: [`peer`](Self::peer), the other end of the socket.
///
/// # Example
/// ```
/// use audit_web::ClientAddress;
/// use http::HeaderMap;
///
/// let policy = ClientAddress::trusting(["10.0.0.0/8".parse()?]);
/// let mut headers = HeaderMap::new();
/// headers.append("x-forwarded-for", "6.6.6.6, 203.0.113.7".parse()?); // the client made up the first
/// headers.append("x-forwarded-for", "10.0.0.2".parse()?);
///
/// let client = policy.resolve(Some("10.0.0.1".parse()?), &headers);
/// assert_eq!(client, Some("203.0.113.7".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ClientAddress {
    trust: Trust,
    header: ForwardingHeader,
}

/// The header that the trusted proxies write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`, which nearly all proxies write. The default.
    #[default]
    XForwardedFor,
    /// `Forwarded`, of RFC 7239.
    Forwarded,
}

#[derive(Clone, Debug, Default)]
enum Trust {
    #[default]
    Peer,
    Networks(Arc<[IpNet]>),
    Hops(usize),
}

impl ClientAddress {
    /// The other end of the socket; no header is read.
    pub fn peer() -> Self {
        Self::default()
    }

    /// The right-most address that is in none of these networks, the proxies'.
    ///
    /// The walk begins at the socket's peer and goes on to the left as long as it is at a trusted address. It
    /// ends at an entry that is no address (`unknown`, an obfuscated identifier, garbage): the result is then
    /// the last address it was at, the furthest that a trusted proxy vouches for. Where all are trusted the result is the
    /// left-most. Where the peer is not known, as on a Unix socket, neither is the client: use
    /// [`hops`](Self::hops) there.
    pub fn trusting(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self {
            trust: Trust::Networks(networks.into_iter().map(unmapped).collect()),
            header: ForwardingHeader::default(),
        }
    }

    /// The address that the last of so many proxies in front of the application wrote.
    ///
    /// With one proxy that is the right-most entry of the header. Only right where every request passes all of
    /// them; who reaches the application past one of them can choose an address. Where the header has fewer entries the
    /// result is the socket's peer, and where the entry is no address, the nearest to its right that is.
    pub fn hops(proxies: usize) -> Self {
        Self {
            trust: Trust::Hops(proxies),
            header: ForwardingHeader::default(),
        }
    }

    /// Sets the header that the proxies write; the other is not read. Default: `X-Forwarded-For`.
    ///
    /// There is no "either": a proxy passes on what a client wrote into the header that it does not write itself.
    pub fn header(mut self, header: ForwardingHeader) -> Self {
        self.header = header;
        self
    }

    /// The client's address, given the socket's peer and the request's headers; `None` where it is not known.
    ///
    /// IPv4 addresses mapped into IPv6 come out as IPv4, ports and zones are left out. Layers and
    /// middlewares call this by themselves; it is public for other frameworks.
    #[must_use]
    pub fn resolve(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        self.of(peer, headers)
    }

    pub(crate) fn of(&self, peer: Option<IpAddr>, headers: &impl Headers) -> Option<IpAddr> {
        let peer = peer.map(|peer| peer.to_canonical());
        match &self.trust {
            Trust::Peer => peer,
            Trust::Networks(networks) => {
                let is_trusted =
                    |address| networks.iter().any(|network| network.contains(&address));
                Some(self.right_most_untrusted(peer?, headers, is_trusted))
            }
            Trust::Hops(proxies) => self.nth_from_right(*proxies, peer, headers),
        }
    }

    fn right_most_untrusted(
        &self,
        peer: IpAddr,
        headers: &impl Headers,
        is_trusted: impl Fn(IpAddr) -> bool,
    ) -> IpAddr {
        let mut client = peer;
        let mut entries = self.entries(headers);
        while is_trusted(client)
            && let Some(Some(address)) = entries.next()
        {
            client = address;
        }
        client
    }

    fn nth_from_right(
        &self,
        proxies: usize,
        peer: Option<IpAddr>,
        headers: &impl Headers,
    ) -> Option<IpAddr> {
        let mut client = peer;
        let mut passed = 0;
        for entry in self.entries(headers).take(proxies) {
            client = entry.or(client);
            passed += 1;
        }
        if passed == proxies { client } else { peer }
    }

    /// The entries of all the header's lines, from the right; `None` for one that is no address.
    fn entries(&self, headers: &impl Headers) -> impl Iterator<Item = Option<IpAddr>> {
        let header = self.header;
        let lines = headers.lines(header.name()).rev();
        lines.flat_map(move |line| match header {
            ForwardingHeader::XForwardedFor => node::entries(line, node::address),
            ForwardingHeader::Forwarded => node::entries(line, node::forwarded_for),
        })
    }
}

impl ForwardingHeader {
    fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// The headers of a request, whichever crate has the type.
pub(crate) trait Headers {
    /// The values of all lines with a name in lower case, in their order.
    fn lines<'h>(&'h self, name: &'h str) -> impl DoubleEndedIterator<Item = &'h [u8]>;
}

impl Headers for HeaderMap {
    fn lines<'h>(&'h self, name: &'h str) -> impl DoubleEndedIterator<Item = &'h [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

/// A network of IPv4 addresses mapped into IPv6, as the IPv4 network that addresses are compared with.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let v4 = v6.network().to_ipv4_mapped();
    let prefix = v6.prefix_len().checked_sub(96);
    match (v4, prefix) {
        (Some(v4), Some(prefix)) => Ipv4Net::new(v4, prefix).map_or(network, IpNet::V4),
        _ => network,
    }
}
