/** Tells the hosts that plain HTTP reaches without the public internet. */

// URL has made IPv4 addresses of all other forms: 0x7f.1, 2130706433, and dots of other scripts.
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
// RFC 1918 and RFC 4193. Link-local addresses serve the credentials of machines, and no issuer.
const PRIVATE_ADDRESS = /^((10\.\d+|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+|\[f[cd][\da-f]{2}:.+\])$/;
// A dot at the end would make a single label a domain of the public root.
const SINGLE_LABEL = /^[a-z\d_-]+$/;
const PRIVATE_DOMAIN = /^([^.]+\.)+(internal|local|svc)\.?$/;

/** Whether `hostname`, as a parsed URL has it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Whether `hostname`, as a parsed URL has it, is a private address, a name without dots, or a name
 * below `.internal`, `.local` or `.svc`. The addresses of a name are not looked up.
 * @see RFC 1918, RFC 4193, RFC 6762
 */
export function isPrivateHost(hostname: string): boolean {
  return [PRIVATE_ADDRESS, SINGLE_LABEL, PRIVATE_DOMAIN].some((pattern) => pattern.test(hostname));
}
