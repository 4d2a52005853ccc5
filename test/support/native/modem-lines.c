/*
 * Gives pseudo-terminals the modem lines that the kernel does not: put into a program with LD_PRELOAD, it answers the
 * modem ioctls of every pty from one file of four bytes, $MODEM_LINES, in the bits of TIOCMGET. A test writes the
 * inputs there and reads the outputs. Without the file the lines fail as those of a pulled adapter do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define OUTPUTS (TIOCM_DTR | TIOCM_RTS)

/* Majors 136 to 143 are the device ends of pseudo-terminals (Linux, admin-guide/devices.txt). */
static int is_pty(int fd) {
  struct stat what;
  if (fstat(fd, &what) != 0 || !S_ISCHR(what.st_mode)) return 0;
  return major(what.st_rdev) >= 136 && major(what.st_rdev) <= 143;
}

static int answer(unsigned long request, int *bits) {
  const char *name = getenv("MODEM_LINES");
  int lines = 0, result = -1;
  int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
  if (file >= 0 && pread(file, &lines, sizeof lines, 0) == (ssize_t)sizeof lines) {
    int wanted = *bits & OUTPUTS;
    result = 0;
    if (request == TIOCMGET) *bits = lines;
    if (request == TIOCMSET) lines = (lines & ~OUTPUTS) | wanted;
    if (request == TIOCMBIS) lines |= wanted;
    if (request == TIOCMBIC) lines &= ~wanted;
    if (request != TIOCMGET && pwrite(file, &lines, sizeof lines, 0) != (ssize_t)sizeof lines) result = -1;
  }
  if (file >= 0) close(file);
  if (result != 0) errno = EIO;
  return result;
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*real)(int, unsigned long, ...);
  va_list rest;
  void *argument;
  va_start(rest, request);
  argument = va_arg(rest, void *);
  va_end(rest);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
  switch (request) {
    case TIOCMGET: case TIOCMSET: case TIOCMBIS: case TIOCMBIC:
      if (is_pty(fd)) return answer(request, argument);
  }
  return real(fd, request, argument);
}
