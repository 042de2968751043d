import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable, UnauthorizedException } from '@nestjs/common';

/** Injection token of the deployment's service credential. */
export const SERVICE_CREDENTIAL = Symbol('SERVICE_CREDENTIAL');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets only other services of this deployment in. For every controller under `/internal`. */
@Injectable()
export class ServiceCredentialGuard implements CanActivate {
  private readonly expected: Buffer;

  constructor(@Inject(SERVICE_CREDENTIAL) credential: string) {
    this.expected = digest(`Bearer ${credential}`);
  }

  canActivate(context: ExecutionContext): boolean {
    const header: string = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>().headers['authorization'] ?? '';
    if (timingSafeEqual(digest(header), this.expected)) return true;
    throw new UnauthorizedException('This route takes the service credential.');
  }
}
