"""Rules that rows keep: declared or suggested, met by construction where they can be, else checked."""
