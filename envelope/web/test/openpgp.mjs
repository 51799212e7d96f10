// Opens a container with OpenPGP.js, a program that knows nothing of ours, to
// prove that RFC 9580 alone suffices. Called by interop_test.go:
//   node openpgp.mjs container.pgp session KEYHEX     -> the original on stdout
//   node openpgp.mjs container.pgp escrow secret.asc
import { readFileSync } from "node:fs";
import * as openpgp from "openpgp";

const [file, how, secret] = process.argv.slice(2);
const message = await openpgp.readMessage({ binaryMessage: new Uint8Array(readFileSync(file)) });
const means = how === "session"
  ? { sessionKeys: [{ data: new Uint8Array(Buffer.from(secret, "hex")), algorithm: "aes256", aeadAlgorithm: "gcm" }] }
  : { decryptionKeys: await openpgp.readPrivateKey({ armoredKey: readFileSync(secret, "utf8") }) };
const { data, filename } = await openpgp.decrypt({ message, format: "binary", ...means });
if (filename) throw new Error("the container names a file: " + filename);
process.stdout.write(data);
