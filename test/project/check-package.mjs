// What people install: packs the project, installs the tarball into empty folders, and runs every example against it on
// the oldest and the newest Node that are promised. Needs a package registry (or npm's cache of one) and no key.
import { fileURLToPath } from "node:url";
import { checkPackage } from "./package/check.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
process.exitCode = (await checkPackage(root)) ? 0 : 1;
