"""Speed that is promised, each figure beside a floor measured in the same run."""
