-- Entries that are not about a project: users, and what becomes of them.
ALTER TABLE "audit_log" ALTER COLUMN "project_id" DROP NOT NULL;

-- What of a document is secret, sealed; the document itself holds none of it.
ALTER TABLE "settings_documents" ADD COLUMN "sealed_secrets" TEXT;
