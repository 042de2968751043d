import { startProcess } from '../processes/start-process.mjs';
import { spread } from '../report/statistics.mjs';
import { heading, table, withSpread } from '../report/table.mjs';

const EFFORT = { usual: { rounds: 7, times: 200 }, quick: { rounds: 3, times: 50 } };
const REFUSED_TIMES = 3;
const GOAL_US = 15;
/** Each of these waits for a question to accounts-api, at most twenty a second: they are measured as floods. */
const ASKED_FOR = ['unknown project', 'unknown key of a known project'];

/**
 * What it takes to know a caller, without the rest of the request.
 * @param {import('../main.mjs').RunOptions} options
 */
export const runCredentials = async ({ quick, print }) => {
  const { rounds, times } = quick ? EFFORT.quick : EFFORT.usual;
  const measured = await startProcess(new URL('measure-callers.mjs', import.meta.url), {});
  try {
    const valid = [];
    for (const kind of measured.ready.valid) {
      const seen = [];
      for (let round = 0; round <= rounds; round++) seen.push(await measured.call('measureValid', { kind, times }));
      seen.shift();
      valid.push({ kind, knownUs: spread(seen.map(({ knownUs }) => knownUs)), firstUs: spread(seen.map(({ firstUs }) => firstUs)) });
    }
    print(heading('CPU to know the caller, µs; median (lowest–highest) of the rounds'));
    print(
      table(
        ['credential', 'known', 'goal', 'seen for the first time'],
        valid.map(({ kind, knownUs, firstUs }) => [kind, withSpread(knownUs, 2), `≤ ${GOAL_US}`, withSpread(firstUs, 1)]),
      ),
    );
    const refused = [];
    for (const kind of measured.ready.invalid.filter((/** @type {string} */ one) => !ASKED_FOR.includes(one))) {
      const seen = [];
      for (let round = 0; round <= rounds; round++) seen.push(await measured.call('measureInvalid', { kind, times: REFUSED_TIMES }));
      seen.shift();
      refused.push({ kind, us: spread(seen) });
    }
    print(heading('CPU to refuse a credential, µs'));
    print(
      table(
        ['credential', 'refused'],
        refused.map(({ kind, us }) => [kind, withSpread(us, 1)]),
      ),
    );
    return { valid, refused };
  } finally {
    await measured.stop();
  }
};
