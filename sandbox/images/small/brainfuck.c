/* A Brainfuck interpreter: `brainfuck FILE`. Cells are bytes that wrap; the tape begins at the first cell and grows to
   the right; at the end of input a cell becomes 0. Faulty programs end with 1 and are told of with line and column. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char what;      /* one of "+><[].," and 0 at the end; '-' is '+' of a negative count, '<' is '>' of one */
    long count;     /* of the same in a row; for brackets, the index of the other one */
    long line, column;
} Step;

static Step *steps;
static size_t made, room;

static void *grown(void *block, size_t bytes) {
    block = realloc(block, bytes);
    if (block == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return block;
}

static void add(char what, long count, long line, long column) {
    int joins = made && (what == '+' || what == '>') && steps[made - 1].what == what;
    if (joins) {
        steps[made - 1].count += count;
        return;
    }
    if (made == room) steps = grown(steps, (room = room ? 2 * room : 1024) * sizeof *steps);
    steps[made++] = (Step){what, count, line, column};
}

static void fault(const char *name, long line, long column, const char *message) {
    fprintf(stderr, "%s:%ld:%ld: %s\n", name, line, column, message);
    exit(1);
}

static void read_program(const char *name) {
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        perror(name);
        exit(1);
    }
    long line = 1, column = 0, open = -1;   /* open brackets are chained through their counts */
    for (int c; (c = getc(file)) != EOF;) {
        column++;
        if (c == '\n') line++, column = 0;
        else if (c == '+' || c == '-') add('+', c == '+' ? 1 : -1, line, column);
        else if (c == '>' || c == '<') add('>', c == '>' ? 1 : -1, line, column);
        else if (c == '.' || c == ',') add((char)c, 1, line, column);
        else if (c == '[') add('[', open, line, column), open = (long)made - 1;
        else if (c == ']') {
            if (open < 0) fault(name, line, column, "this ] closes nothing");
            long before = steps[open].count;
            add(']', open, line, column);
            steps[open].count = (long)made - 1;
            open = before;
        }
    }
    fclose(file);
    if (open >= 0) fault(name, steps[open].line, steps[open].column, "this [ is never closed");
    add(0, 0, line, column);
}

static void run(const char *name) {
    size_t size = 30000, at = 0;
    unsigned char *tape = grown(NULL, size);
    memset(tape, 0, size);
    for (const Step *step = steps; step->what; step++) {
        switch (step->what) {
        case '+': tape[at] = (unsigned char)(tape[at] + step->count); break;
        case '>':
            if (step->count < 0 && at < (size_t)-step->count) {
                fflush(stdout);
                fault(name, step->line, step->column, "left of the first cell");
            }
            at += (size_t)step->count;
            if (at >= size) {
                size_t larger = 2 * at;
                tape = grown(tape, larger);
                memset(tape + size, 0, larger - size);
                size = larger;
            }
            break;
        case '.': putchar(tape[at]); break;
        case ',': {
            fflush(stdout);
            int c = getchar();
            tape[at] = c == EOF ? 0 : (unsigned char)c;
            break;
        }
        case '[': if (!tape[at]) step = steps + step->count; break;
        case ']': if (tape[at]) step = steps + step->count; break;
        }
    }
}

int main(int count, char **words) {
    if (count != 2) {
        fputs("usage: brainfuck FILE\n", stderr);
        return 2;
    }
    if (!strcmp(words[1], "--version")) return puts("brainfuck 1.0.0"), 0;
    read_program(words[1]);
    run(words[1]);
    return 0;
}
