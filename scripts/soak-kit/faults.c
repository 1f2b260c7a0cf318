/* Makes calls on some files fail while a flag file says so, for a program that was started with this in LD_PRELOAD.
 *
 * FAULT_FILES is how the paths of those files begin. FAULT_FLAG is the path of the flag file, which holds one word while
 * something is broken: `fsync` (fsync and fdatasync), `write` (pwrite) or `read` (pread). The calls then fail with EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_broken(const char *deed, int file)
{
    const char *flag = getenv("FAULT_FLAG"), *files = getenv("FAULT_FILES");
    char word[16] = "", link[32], path[PATH_MAX];
    int before = errno, opened = flag && files ? open(flag, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = -1;
    if (opened >= 0) {
        length = read(opened, word, sizeof word - 1);
        close(opened);
    }
    if (length > 0 && strncmp(word, deed, strlen(deed)) == 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        length = readlink(link, path, sizeof path - 1);
        if (length >= (ssize_t)strlen(files) && strncmp(path, files, strlen(files)) == 0) {
            errno = EIO;
            return 1;
        }
    }
    errno = before;
    return 0;
}

#define BREAKABLE(deed, result, name, takes, gives)                              \
    result name takes                                                            \
    {                                                                            \
        static result(*real) takes;                                              \
        if (is_broken(deed, file))                                               \
            return -1;                                                           \
        if (!real)                                                               \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                           \
        return real gives;                                                       \
    }

BREAKABLE("fsync", int, fsync, (int file), (file))
BREAKABLE("fsync", int, fdatasync, (int file), (file))
BREAKABLE("write", ssize_t, pwrite, (int file, const void *from, size_t size, off_t at), (file, from, size, at))
BREAKABLE("write", ssize_t, pwrite64, (int file, const void *from, size_t size, off64_t at), (file, from, size, at))
BREAKABLE("read", ssize_t, pread, (int file, void *to, size_t size, off_t at), (file, to, size, at))
BREAKABLE("read", ssize_t, pread64, (int file, void *to, size_t size, off64_t at), (file, to, size, at))
