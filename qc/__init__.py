"""The judge: looks at images and records, returns findings, changes nothing."""
