import { BlockList, isIP } from "node:net";
import { z } from "zod";
import type { TrustedProxies } from "../../http/trusted-proxies.ts";

const maxProxies = 16;

/** Addresses and CIDR blocks, or how many proxies there are. A block with every IPv4 address is refused. */
export const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= maxProxies) return Number(text);
  const blocks = text.split(",").map((block) => block.trim());
  if (blocks.every(isAddressOrBlock)) return blocks;
  context.addIssue(
    `takes the addresses and CIDR blocks of proxies, separated by commas, or how many proxies there are (1 to ${maxProxies})`,
  );
  return z.NEVER;
});

function isAddressOrBlock(text: string): boolean {
  const [, address = "", prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || prefix === undefined) return version !== 0;
  const bits = Number(prefix);
  return bits <= (version === 4 ? 32 : 128) && !hasEveryAddress(address, bits, version === 4);
}

/** Blocks of IPv6 contain IPv4 addresses in their mapped form. */
function hasEveryAddress(address: string, prefix: number, isIPv4: boolean): boolean {
  if (isIPv4) return prefix === 0;
  const block = new BlockList();
  block.addSubnet(address, prefix, "ipv6");
  return ["::ffff:0.0.0.0", "::ffff:255.255.255.255"].every((each) => block.check(each, "ipv6"));
}
