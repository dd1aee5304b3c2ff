# What is compiled for this board beside what all have.
board_src := vectors.c board.c ethernet.c
