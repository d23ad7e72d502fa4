"""The page on which hints are painted: `sweep paint`. Its server is in `serve`, what is painted in `easel`."""
