import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../../workspace/lock.mjs';
import { run } from '../../workspace/run.mjs';
import { say } from '../../workspace/say.mjs';
import { cacheFolder } from '../cache-folder.mjs';
import { findJava, hasMaven, javaCommand, javaFlags } from './java.mjs';
import { logProperties, serverProperties } from './settings.mjs';

const POM = fileURLToPath(new URL('pom.xml', import.meta.url));
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * A broker's files in the cache.
 * @typedef {object} Distribution
 * @property {string} version
 * @property {string} folder
 * @property {string} jars
 * @property {string} logConfig
 * @property {string} emptyStorage formatted data folder, copied for every new broker
 * @property {string} classArchive loaded classes, mapped into memory at start: halves the start
 */

const pomValue = (/** @type {string} */ name) => new RegExp(`<${name}>(.*?)<`).exec(readFileSync(POM, 'utf8'))?.[1] ?? '';

/** @returns {Distribution} */
const describe = (/** @type {string} */ javaVersion) => {
  const version = pomValue('kafka.version');
  const folder = path.join(cacheFolder(), `kafka-${version}-log4j-${pomValue('log4j.version')}`);
  const inFolder = (/** @type {string} */ name) => path.join(folder, name);
  return {
    version,
    folder,
    jars: inFolder('jars'),
    logConfig: inFolder('log4j2.properties'),
    emptyStorage: inFolder('empty-storage'),
    classArchive: inFolder(`classes-${javaVersion}.jsa`),
  };
};

/** In full and in order: the class archive is valid for exactly one class path, and Java ignores it in silence for another. */
const classPath = (/** @type {Distribution} */ kafka) =>
  readdirSync(kafka.jars)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => path.join(kafka.jars, name))
    .join(path.delimiter);

/** @param {Distribution} kafka @param {string[]} flags @param {string[]} program main class and arguments */
export const javaCommandLine = (kafka, flags, program) => [
  javaCommand(),
  ...javaFlags,
  ...flags,
  '-cp',
  classPath(kafka),
  `-Dlog4j2.configurationFile=${kafka.logConfig}`,
  ...program,
];

/** The flag that uses the archive; none while there is no usable one. */
export const archiveFlags = (/** @type {Distribution} */ kafka) =>
  (statSync(kafka.classArchive, { throwIfNoEntry: false })?.size ?? 0) > 0 ? [`-XX:SharedArchiveFile=${kafka.classArchive}`] : [];

const must = async (/** @type {string[]} */ command, /** @type {string} */ what) => {
  const [file = '', ...args] = command;
  const { code, output } = await run(file, args, { quiet: true });
  if (code !== 0) throw new Error(`${what} failed (exit code ${code}):\n${output.slice(-3_000)}`);
};

/** Makes `target` under another name first, so that an interrupted run leaves nothing half done under the real one. */
const makeOnce = async (/** @type {string} */ target, /** @type {(half: string) => Promise<void>} */ make) => {
  if (existsSync(target)) return;
  const half = `${target}.half`;
  rmSync(half, { recursive: true, force: true });
  await make(half);
  renameSync(half, target);
};

const fetchJars = async (/** @type {Distribution} */ kafka) =>
  makeOnce(kafka.jars, async (half) => {
    if (!hasMaven()) throw new Error('Maven (mvn) is needed once, to fetch the jars of Kafka.');
    say(`fetching the jars of Kafka ${kafka.version} with Maven (45 jars, 44 MB, once)`);
    const repository = path.join(kafka.folder, 'maven');
    const where = [`-Dmaven.repo.local=${repository}`, '-DincludeScope=runtime', `-DoutputDirectory=${half}`];
    await must(['mvn', '-B', '-q', '-ntp', '-f', POM, COPY_DEPENDENCIES, ...where], 'Fetching the jars of Kafka');
    rmSync(repository, { recursive: true, force: true });
  });

const formatStorage = async (/** @type {Distribution} */ kafka) =>
  makeOnce(kafka.emptyStorage, async (half) => {
    const properties = path.join(kafka.folder, 'format.properties');
    writeFileSync(properties, serverProperties({ port: 9_092, controllerPort: 9_093, data: half }));
    // A cluster id may not begin with a dash.
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
    await must(javaCommandLine(kafka, [], ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]), 'Formatting the storage of Kafka');
  });

const archiveClasses = async (/** @type {Distribution} */ kafka, /** @type {(flags: string[]) => Promise<void>} */ runOnce) =>
  makeOnce(kafka.classArchive, async (half) => {
    say('one start of Kafka to archive its classes (once)');
    await runOnce([`-XX:ArchiveClassesAtExit=${half}`]);
    // Starts work without an archive too; an empty one says that there was an attempt.
    if (!existsSync(half)) writeFileSync(half, '');
  });

/** @returns {string | null} why no broker can run here, or null */
export const whyNoKafka = () => {
  const java = findJava();
  if (java === null) return 'Kafka needs Java 17 or newer';
  return existsSync(describe(java).jars) || hasMaven() ? null : 'Kafka needs Maven once, to fetch its jars';
};

/**
 * Brings what a broker needs into the cache: a minute at the first time, nothing later.
 * @param {(kafka: Distribution, flags: string[]) => Promise<void>} runOnce starts a broker with these flags and stops it
 */
export const prepareKafka = async (runOnce) => {
  const java = findJava();
  if (java === null) throw new Error('Kafka needs Java 17 or newer.');
  const kafka = describe(java);
  const parts = [kafka.jars, kafka.emptyStorage, kafka.classArchive];
  if (parts.every((part) => existsSync(part))) return kafka;
  mkdirSync(kafka.folder, { recursive: true });
  await withLock(path.join(kafka.folder, 'lock'), 'preparing Kafka', async () => {
    await fetchJars(kafka);
    writeFileSync(kafka.logConfig, logProperties);
    await formatStorage(kafka);
    await archiveClasses(kafka, (flags) => runOnce(kafka, flags));
  });
  return kafka;
};
