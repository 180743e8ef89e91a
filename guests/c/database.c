// The guest that is a database: SQLite with a small cache on a file, so that most of its pages come
// from the host.
//
//   database FILE ROWS
//
// Writes ROWS rows in transactions of a hundred, with an index; looks up as many by chance and
// changes each tenth of them in a transaction of its own. Prints what it found, and removes
// nothing: FILE should not be there.

// As one unit with its user, so that a guest is made of one source like all others.
#include <sqlite3.c>

static sqlite3 *database;

static void fail(const char *what) {
  fprintf(stderr, "database: %s: %s\n", what, sqlite3_errmsg(database));
  exit(1);
}
static void run(const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql);
}
static sqlite3_stmt *prepared(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) fail(sql);
  return statement;
}
static void done(sqlite3_stmt *statement, int expected) {
  if (sqlite3_step(statement) != expected) fail(sqlite3_sql(statement));
}

// The same rows in the same order everywhere.
static unsigned state = 1;
static unsigned chance(unsigned below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: database FILE ROWS\n");
    return 2;
  }
  unsigned rows = (unsigned)atoi(argv[2]);
  if (sqlite3_open(argv[1], &database) != SQLITE_OK) fail(argv[1]);
  run("PRAGMA cache_size = 20; CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT, count "
      "INTEGER); CREATE INDEX by_word ON words (word)");

  sqlite3_stmt *insert = prepared(
      "INSERT INTO words (word, count) VALUES (printf('word-%07d-%s', ?1, hex(zeroblob(40))), ?1)");
  for (unsigned row = 0; row < rows; row++) {
    if (row % 100 == 0) run("BEGIN");
    sqlite3_bind_int(insert, 1, (int)chance(10000000));
    done(insert, SQLITE_DONE);
    sqlite3_reset(insert);
    if (row % 100 == 99 || row == rows - 1) run("COMMIT");
  }
  sqlite3_finalize(insert);

  sqlite3_stmt *look = prepared("SELECT count FROM words WHERE id = ?1");
  sqlite3_stmt *change = prepared("UPDATE words SET count = count + 1 WHERE id = ?1");
  unsigned sum = 0;
  for (unsigned turn = 0; turn < rows; turn++) {
    sqlite3_bind_int(look, 1, (int)(1 + chance(rows)));
    done(look, SQLITE_ROW);
    sum += (unsigned)sqlite3_column_int(look, 0);
    sqlite3_reset(look);
    if (turn % 10 != 0) continue;
    sqlite3_bind_int(change, 1, (int)(1 + chance(rows)));
    done(change, SQLITE_DONE);
    sqlite3_reset(change);
  }
  sqlite3_finalize(look);
  sqlite3_finalize(change);

  sqlite3_stmt *count =
      prepared("SELECT count(*), sum(length(word)) FROM words WHERE word > 'word-5'");
  done(count, SQLITE_ROW);
  printf("%u rows, %d above, %d letters, sum %u\n", rows, sqlite3_column_int(count, 0),
         sqlite3_column_int(count, 1), sum);
  sqlite3_finalize(count);
  if (sqlite3_close(database) != SQLITE_OK) fail("close");
  return 0;
}
