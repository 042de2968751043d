import pg from 'pg';
import { describeWith } from './describe-with.js';
import { engines } from './shared-engines.js';

const query = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

describeWith(['postgres'], 'a test database', () => {
  it('is fresh, and apart from the next of the same name', async () => {
    const [left, right] = await Promise.all([engines.postgresDatabase('same name'), engines.postgresDatabase('same name')]);
    await query(left.url, 'CREATE TABLE only_left ()');
    expect(await query(right.url, `SELECT to_regclass('only_left') AS found`)).toEqual([{ found: null }]);
    await Promise.all([left.drop(), right.drop()]);
  });

  it('goes although somebody is still connected', async () => {
    const database = await engines.postgresDatabase();
    const client = new pg.Client(database.url);
    client.on('error', () => undefined);
    await client.connect();
    await database.drop();
    await expect(query(database.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
    await client.end().catch(() => undefined);
    await database.drop();
  });
});
