import { spawnSync } from 'node:child_process';
import path from 'node:path';

const NEEDED_MAJOR = 17;

export const javaCommand = () => (process.env['JAVA_HOME'] ? path.join(process.env['JAVA_HOME'], 'bin', 'java') : 'java');

/** @returns {string | null} full version of a Java that is new enough, else null */
export const findJava = () => {
  const answer = spawnSync(javaCommand(), ['-version'], { encoding: 'utf8' });
  const version = /version "([^"]+)"/.exec(`${answer.stderr}`)?.[1];
  return answer.status === 0 && version !== undefined && Number.parseInt(version, 10) >= NEEDED_MAJOR ? version : null;
};

export const hasMaven = () => spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status === 0;

/** For a short life on a busy machine: quick to start, one collector thread, warnings of the virtual machine to the log. */
export const javaFlags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xshare:auto', '-Xlog:disable', '-Xlog:all=error:stderr'];
