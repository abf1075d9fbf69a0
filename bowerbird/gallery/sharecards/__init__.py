"""What a post, a picture or an answer looks like where it is shared elsewhere: one picture of 1200 × 630 px, set and drawn here."""
