// Bundle NiiVue into one classic script, with the licences of all that is in it.
//
//   node build.mjs FOLDER [MARK]
//
// writes FOLDER/niivue.js and FOLDER/LICENSES.txt. MARK, the digest of the sources,
// stands in the first line of the script: who builds can tell whether to build again.
import { build } from "esbuild";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [folder = join(here, "..", "src", "boldglm", "reporting", "viewer"), mark = ""] =
  process.argv.slice(2);

// Not in their packages
const givenLicences = { "@niivue/niivue": ["niivue.txt", "roboto.txt"] };

function packageOf(input) {
  const [, path] = input.split("node_modules/");
  return path && path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
}

async function licencesOf(name) {
  const given = (givenLicences[name] ?? []).map((file) => join(here, "licenses", file));
  const home = join(here, "node_modules", name);
  const own = (await readdir(home)).filter((file) => /^licen[cs]e/i.test(file));
  const files = [...given, ...own.map((file) => join(home, file))];
  if (files.length === 0) {
    throw new Error(`${name} has no licence file: put it into viewer/licenses.`);
  }
  const { version } = JSON.parse(await readFile(join(home, "package.json"), "utf8"));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return [`${name} ${version}`, ...texts.map((text) => text.trim())].join("\n\n");
}

const { outputFiles, metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["index.js"],
  alias: { zarrita: "./absent.js" },
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "boldglmViewer",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  write: false,
});

const names = new Set(Object.keys(metafile.inputs).map(packageOf).filter(Boolean));
const licences = (await Promise.all([...names].sort().map(licencesOf))).join(
  `\n\n${"-".repeat(72)}\n\n`,
);
// In the script too: every report passes these programs on
const head = `/* viewer ${mark} */\n/*!\n${licences.replaceAll("*/", "* /")}\n*/\n`;

async function writeWhole(name, text) {
  await writeFile(join(folder, `${name}.part`), text);
  await rename(join(folder, `${name}.part`), join(folder, name));
}

await mkdir(folder, { recursive: true });
await writeWhole("LICENSES.txt", `${licences}\n`);
await writeWhole("niivue.js", head + outputFiles[0].text);
