import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key and its certificate, both PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

export interface CertificateOptions {
  /** What it is for: an address such as `127.0.0.1`, or a host name. Absent: an authority, which signs others. */
  host?: string;
  /** Valid until then. Default: in a day. It is valid from two days ago. */
  until?: Date;
  /** Default: it signs itself. */
  issuer?: Certificate;
}

const DAY_MS = 86_400_000;

/** A certificate of our own making, so that tests need neither openssl nor a key in the repository. @see RFC 5280, section 4.1 */
export function createCertificate({ host, until, issuer }: CertificateOptions = {}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const now = Date.now();
  const authority = name("chaos authority");
  const subject = host === undefined ? authority : name("chaos server");
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))), // version 3
    tagged(0x02, Buffer.from([1, ...Buffer.from(now.toString(16).padStart(12, "0"), "hex")])), // serial number
    ECDSA_SHA256,
    issuer === undefined ? subject : authority,
    sequence(time(new Date(now - 2 * DAY_MS)), time(until ?? new Date(now + DAY_MS))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(host === undefined ? IS_AUTHORITY : namedFor(host))),
  );
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key);
  const signature = tagged(0x03, Buffer.from([0]), sign("sha256", body, signer));
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: pem(sequence(body, ECDSA_SHA256, signature)) };
}

/** Tag, length and value, as DER writes everything. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts);
const identifier = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, "hex"));
const ECDSA_SHA256: Buffer = sequence(identifier("2a8648ce3d040302"));

/** A common name, and nothing else. */
function name(text: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier("550403"), tagged(0x0c, Buffer.from(text)))));
}

/** `20261121093000Z` */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, "").slice(0, 14);
  return tagged(0x18, Buffer.from(`${digits}Z`));
}

const IS_AUTHORITY: Buffer = sequence(
  identifier("551d13"), // basicConstraints, critical
  tagged(0x01, Buffer.from([0xff])),
  tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))),
);

/** subjectAltName: an address of four bytes, or a host name. */
function namedFor(host: string): Buffer {
  const isAddress = /^\d+(\.\d+){3}$/.test(host);
  const value = isAddress ? tagged(0x87, Buffer.from(host.split(".").map(Number))) : tagged(0x82, Buffer.from(host));
  return sequence(identifier("551d11"), tagged(0x04, sequence(value)));
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
