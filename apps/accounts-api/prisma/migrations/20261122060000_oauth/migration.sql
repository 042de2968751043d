-- AlterTable
ALTER TABLE "users" ADD COLUMN     "password_hash" TEXT;

-- CreateTable
CREATE TABLE "oauth_clients" (
    "client_id" TEXT NOT NULL,
    "project_id" UUID,
    "sealed_secret" TEXT,
    "grant_types" TEXT[],
    "response_types" TEXT[],
    "redirect_uris" TEXT[],
    "scope" TEXT NOT NULL DEFAULT '',
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "official" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_clients_pkey" PRIMARY KEY ("client_id")
);

-- CreateTable
CREATE TABLE "oauth_artifacts" (
    "key" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "grant_key" TEXT,
    "uid_key" TEXT,
    "account_id" UUID,
    "client_id" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_artifacts_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "oauth_signing_keys" (
    "key_id" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "sealed_private" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_signing_keys_pkey" PRIMARY KEY ("key_id")
);

-- CreateTable
CREATE TABLE "sign_in_attempts" (
    "subject_key" TEXT NOT NULL,
    "window_start" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "sign_in_attempts_pkey" PRIMARY KEY ("subject_key","window_start")
);

-- CreateIndex
CREATE INDEX "oauth_clients_project_id_idx" ON "oauth_clients"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_artifacts_uid_key_key" ON "oauth_artifacts"("uid_key");

-- CreateIndex
CREATE INDEX "oauth_artifacts_grant_key_idx" ON "oauth_artifacts"("grant_key");

-- CreateIndex
CREATE INDEX "oauth_artifacts_account_id_idx" ON "oauth_artifacts"("account_id");

-- CreateIndex
CREATE INDEX "oauth_artifacts_expires_at_idx" ON "oauth_artifacts"("expires_at");

-- CreateIndex
CREATE INDEX "sign_in_attempts_window_start_idx" ON "sign_in_attempts"("window_start");

-- AddForeignKey
ALTER TABLE "oauth_clients" ADD CONSTRAINT "oauth_clients_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- What belongs to the deployment: the command line client of older and newer releases.
INSERT INTO "oauth_clients" ("client_id", "grant_types", "response_types", "redirect_uris", "metadata", "official")
VALUES ('p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', '{authorization_code,refresh_token}', '{code}', '{http://localhost:8765/callback}', '{"name": "MeshAgent CLI"}', true);
