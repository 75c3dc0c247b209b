"""What auth does, by noun. Every function works on an open session and leaves the commit to others.

`now` is business time, for facts that people read; `real` is real time, for what expires. Where
other rows are locked too, the user's row is locked first.
"""
