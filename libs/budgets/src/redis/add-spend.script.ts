import { createHash } from 'node:crypto';

/**
 * Counts the entries of one project, each event once. The marker of an event and its counters change together or not at all.
 *
 * KEYS: the window hashes, then the sets of counted events.
 * ARGV: number of window hashes; seconds to remember an event; the windows' ends of life (Unix seconds), one per hash;
 * then per entry: index of its set, event id, amount, indices of its two hashes, number of scopes, the scopes.
 * Amounts stay decimal strings: a Lua number is a double and would lose nano-dollars beyond 2^53.
 */
const source = `
local windows = tonumber(ARGV[1])
local at = 3 + windows
while at <= #ARGV do
  local scopes = tonumber(ARGV[at + 5])
  if redis.call('SADD', KEYS[tonumber(ARGV[at])], ARGV[at + 1]) == 1 then
    local amount, day, month = ARGV[at + 2], KEYS[tonumber(ARGV[at + 3])], KEYS[tonumber(ARGV[at + 4])]
    for scope = at + 6, at + 5 + scopes do
      redis.call('HINCRBY', day, ARGV[scope], amount)
      redis.call('HINCRBY', month, ARGV[scope], amount)
    end
  end
  at = at + 6 + scopes
end
for i = 1, windows do redis.call('EXPIREAT', KEYS[i], ARGV[2 + i]) end
for i = windows + 1, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
`;

export const addSpendScript = { source, sha: createHash('sha1').update(source).digest('hex') };
