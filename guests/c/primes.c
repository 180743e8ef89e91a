// The guest of examples/queue/ and examples/http/: plain computing, for as long as it is asked to.
//
//   primes LIMIT
//
// Prints the number of primes below LIMIT. 100000 takes some milliseconds, 4000000000 takes hours.
// Ends with 2 unless LIMIT is a number.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int is_prime(unsigned long number) {
  if (number < 4) return number > 1;
  if (number % 2 == 0) return 0;
  for (unsigned long divisor = 3; divisor <= number / divisor; divisor += 2)
    if (number % divisor == 0) return 0;
  return 1;
}

int main(int argc, char **argv) {
  char *end = NULL;
  errno = 0;
  unsigned long limit = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
  if (argc != 2 || end == argv[1] || *end != '\0' || errno != 0) {
    fprintf(stderr, "usage: primes LIMIT\n");
    return 2;
  }
  unsigned long count = 0;
  for (unsigned long number = 2; number < limit; number++) count += (unsigned long)is_prime(number);
  printf("%lu\n", count);
  return 0;
}
