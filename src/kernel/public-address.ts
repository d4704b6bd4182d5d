import ipaddr from 'ipaddr.js';

/** The global unicast addresses of IPv6 (RFC 4291, section 2.4); what stands for an IPv4 address lies elsewhere. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether the whole internet knows the address: not private, loopback, link-local, shared (CGNAT), multicast,
 * documentation or reserved, nor an IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_UNICAST);
}

/** 127.0.0.0/8 and ::1, also written as an IPv4 address within an IPv6 one. */
export const isLoopbackAddress = (text: string): boolean =>
  ipaddr.isValid(text) && ipaddr.process(text).range() === 'loopback';
