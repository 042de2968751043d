// Runs under the pinned Node; see serve.mjs.
import { say } from '../workspace/say.mjs';
import { createEngines } from './bring-engines.mjs';

const engines = createEngines();
const signalled = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
});
// A pending promise alone does not keep a process alive.
const alive = setInterval(() => undefined, 60_000);

await Promise.race([engines.bring('postgres', 'redis', 'kafka'), signalled]);
for (const [name, value] of Object.entries(engines.environment())) process.stdout.write(`export ${name}='${value}'\n`);
say('the engines stay up until Ctrl-C');
await signalled;
clearInterval(alive);
await engines.stop();
