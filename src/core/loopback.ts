const loopbackName = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)\.?$/i;

/** Whether a host name or address, without a port, always means this machine. */
export function isLoopbackHost(name: string): boolean {
  return loopbackName.test(name);
}
