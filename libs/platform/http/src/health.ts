import { Controller, type DynamicModule, Get, HttpStatus, Inject, Module, Res } from '@nestjs/common';

/** Resolves when the part is usable; what it rejects with is shown by name only. */
export type ReadinessCheck = () => Promise<unknown>;

const CHECKS = Symbol('READINESS_CHECKS');
const CHECK_TIMEOUT_MS = 2_000;

interface Answer {
  status(code: number): { json(body: unknown): void };
}

@Controller()
class HealthController {
  constructor(@Inject(CHECKS) private readonly checks: Record<string, ReadinessCheck>) {}

  @Get('healthz')
  health(): { ok: true } {
    return { ok: true };
  }

  @Get('readyz')
  async ready(@Res() response: Answer): Promise<void> {
    const names = Object.keys(this.checks);
    const outcomes = await Promise.all(names.map((name) => passes(this.checks[name]!)));
    const checks = Object.fromEntries(names.map((name, index) => [name, outcomes[index] ? 'ok' : 'failing']));
    const ok = outcomes.every(Boolean);
    response.status(ok ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE).json({ ok, checks });
  }
}

const passes = async (check: ReadinessCheck): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('readiness check timed out')), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), timeout]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};

/** `GET /healthz`: the process answers. `GET /readyz`: every named check passes, else 503 with the failing names. */
@Module({})
export class HealthModule {
  static register(checks: Record<string, ReadinessCheck>): DynamicModule {
    return { module: HealthModule, controllers: [HealthController], providers: [{ provide: CHECKS, useValue: checks }] };
  }
}
