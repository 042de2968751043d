import { defineConfig } from 'prisma/config';

/** For the Prisma command line only: the service gets its database from billing.config.ts. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
