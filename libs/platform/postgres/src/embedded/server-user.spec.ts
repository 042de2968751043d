import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBinaries } from './binaries.js';
import { firstClosedFolder } from './server-user.js';

const nobody = { uid: 65_534, gid: 65_534 };

describe('the way to a folder', () => {
  const top = mkdtempSync(path.join(tmpdir(), 'closed-'));
  const inner = path.join(top, 'inner');
  mkdirSync(inner);
  afterAll(() => rmSync(top, { recursive: true }));

  it('names the folder that is closed to the user', () => {
    chmodSync(top, 0o700);
    expect(firstClosedFolder(path.join(inner, 'not-there-yet'), nobody)).toBe(top);
  });

  it('is open when every folder may be entered, readable or not', () => {
    chmodSync(top, 0o711);
    expect(firstClosedFolder(inner, nobody)).toBeNull();
  });

  it('is open to the owner', () => {
    chmodSync(top, 0o700);
    expect(firstClosedFolder(inner, { uid: process.getuid!(), gid: process.getgid!() })).toBeNull();
  });
});

describe('platforms without an embedded server', () => {
  it.each(['win32-x64', 'linux-s390x'])('%s is told to use DATABASE_URL', (platform) => {
    expect(() => findBinaries(null, platform)).toThrow('DATABASE_URL');
  });
});
