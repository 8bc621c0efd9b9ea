import { z } from "zod";

/** Fields that frames of several kinds have. */
export const id = z.string().min(1).max(64);
export const seq = z.int().min(0);
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export const base64url = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_-]+$/);
