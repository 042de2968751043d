-- CreateTable
CREATE TABLE "feeds" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "visibility" TEXT NOT NULL,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "annotations" JSONB NOT NULL DEFAULT '{}',
    "message_schema" JSONB,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "last_position" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "feeds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feed_messages" (
    "feed_id" UUID NOT NULL,
    "position" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "body" TEXT NOT NULL,

    CONSTRAINT "feed_messages_pkey" PRIMARY KEY ("feed_id","position")
);

-- CreateTable
CREATE TABLE "llm_loggers" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "destination_feed_id" UUID NOT NULL,
    "filter_expression" TEXT NOT NULL,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "annotations" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "llm_loggers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "feeds_project_id_name_key" ON "feeds"("project_id", "name");

-- CreateIndex
CREATE INDEX "feed_messages_published_at_idx" ON "feed_messages"("published_at");

-- CreateIndex
CREATE UNIQUE INDEX "feed_messages_feed_id_id_key" ON "feed_messages"("feed_id", "id");

-- CreateIndex
CREATE INDEX "llm_loggers_project_id_idx" ON "llm_loggers"("project_id");

-- AddForeignKey
ALTER TABLE "feeds" ADD CONSTRAINT "feeds_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feed_messages" ADD CONSTRAINT "feed_messages_feed_id_fkey" FOREIGN KEY ("feed_id") REFERENCES "feeds"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "llm_loggers" ADD CONSTRAINT "llm_loggers_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
