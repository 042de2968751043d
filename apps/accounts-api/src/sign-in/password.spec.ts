import { hashPassword, isPassword, newPassword } from './password.js';

describe('password', () => {
  it('is recognised by its hash, which shows how it was made and never the same twice', async () => {
    const [hash, again] = await Promise.all([hashPassword('correct horse battery'), hashPassword('correct horse battery')]);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(again).not.toBe(hash);
    expect(await isPassword('correct horse battery', hash)).toBe(true);
    for (const wrong of ['correct horse batter', 'Correct horse battery', 'correct horse battery ', '', 'x'.repeat(2_000)]) expect(await isPassword(wrong, hash)).toBe(false);
  });

  it('verifies a hash of the reference implementation', async () => {
    // Argon2 command line: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await isPassword('password', reference)).toBe(true);
    expect(await isPassword('passwore', reference)).toBe(false);
  });

  it('nobody has no password, and a hash that cannot be read opens nothing', async () => {
    for (const hash of [null, '', 'plain', '$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA']) expect(await isPassword('', hash)).toBe(false);
  });

  it('does not depend on how letters were composed', async () => {
    expect(await isPassword('Zu\u0308rich-Zu\u0308rich', await hashPassword('Z\u00fcrich-Z\u00fcrich'))).toBe(true);
  });

  it('new ones are long and different', () => {
    expect(newPassword()).toHaveLength(20);
    expect(newPassword()).not.toBe(newPassword());
  });
});
