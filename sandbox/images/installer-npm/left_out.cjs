// Loaded into npm before it begins (node --require). npm leaves out what is optional and cannot be had, and ends well: here it
// says so, which install.py takes for a failure, unless it is as the package means it: not for this machine, or not there.
const { Arborist } = require("/opt/coderunner/npm/node_modules/@npmcli/arborist");
const pacote = require("/opt/coderunner/npm/node_modules/pacote");

const NOT_FOR_HERE = ["EBADPLATFORM", "EBADENGINE"];
const NOT_THERE = ["E404", "ETARGET", "ENOVERSIONS"];
const MAX_CHARS = 500;

function telling(promise, what, asMeant) {
  return promise.catch((error) => {
    if (!asMeant.includes(error?.code)) {
      const words = `could not be had: ${what}: ${error?.message ?? error}`;
      process.stderr.write(`${words.replace(/\s+/g, " ").slice(0, MAX_CHARS)}\n`);
    }
    throw error;
  });
}

const failure = Symbol.for("handleOptionalFailure"); // npm asks it of each package that it has downloaded and unpacked
const handle = Arborist.prototype[failure];
if (typeof handle !== "function") throw new Error("this npm handles what is optional in another way");
Arborist.prototype[failure] = function (node, unpacked) {
  const what = `${node.packageName}@${node.version}`;
  return handle.call(this, node, node.optional ? telling(unpacked, what, NOT_FOR_HERE) : unpacked);
};

const { manifest } = pacote; // npm asks it of each package what versions there are, and what they need
pacote.manifest = (spec, options) => telling(manifest(spec, options), String(spec?.raw ?? spec), NOT_THERE);
