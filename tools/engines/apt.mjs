import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from '../workspace/run.mjs';
import { say } from '../workspace/say.mjs';

const succeeds = (/** @type {string} */ command, /** @type {string[]} */ args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** `[]` for root, `['sudo', '-n']` where that works without a password, null where we may not install. */
const privilege = () => {
  if (process.env['LLM_PROXY_NO_INSTALL'] || !existsSync('/etc/debian_version') || !succeeds('apt-get', ['--version'])) return null;
  if (process.getuid?.() === 0) return [];
  return succeeds('sudo', ['-n', 'true']) ? ['sudo', '-n'] : null;
};

/** Why `aptInstall` cannot work here, or null when it may. */
export const whyNoApt = () =>
  privilege() === null ? 'installing needs Debian or Ubuntu, root or a sudo without password, and no LLM_PROXY_NO_INSTALL' : null;

const POLICY = '/usr/sbin/policy-rc.d';

/** A script in the package system's own place that answers "no" when a package asks to start its service. */
const shell = (/** @type {string[]} */ packages) => `
set -e
export DEBIAN_FRONTEND=noninteractive
own=
if [ ! -e ${POLICY} ]; then own=1; printf '#!/bin/sh\\nexit 101\\n' > ${POLICY}; chmod 755 ${POLICY}; fi
trap 'if [ -n "$own" ]; then rm -f ${POLICY}; fi' EXIT
install() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install -y -qq --no-install-recommends ${packages.join(' ')}; }
install || { apt-get -o DPkg::Lock::Timeout=300 update -qq; install; }
for unit in redis-server valkey-server; do
  if command -v systemctl >/dev/null 2>&1 && systemctl is-enabled --quiet $unit 2>/dev/null; then
    case " ${packages.join(' ')} " in *" $unit "*) systemctl disable --quiet --now $unit || true;; esac
  fi
done
`;

/**
 * Installs packages of the distribution without starting a service.
 * @param {string[]} packages
 */
export const aptInstall = async (packages) => {
  const prefix = privilege();
  if (prefix === null) throw new Error(String(whyNoApt()));
  say(`installing ${packages.join(', ')} from the distribution's packages (apt-get; LLM_PROXY_NO_INSTALL=1 forbids it)`);
  const [command = '', ...args] = [...prefix, 'sh', '-c', shell(packages)];
  const { code, output } = await run(command, args, { quiet: true });
  if (code !== 0) throw new Error(`apt-get could not install ${packages.join(', ')}:\n${output.slice(-2_000)}`);
};
