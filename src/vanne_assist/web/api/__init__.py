"""The API of Assist: find people (`find`), and job offers for a member (`opportunities`)."""
