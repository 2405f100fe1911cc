#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE  /* MAP_ANONYMOUS, madvise */
#define _DARWIN_C_SOURCE /* the same */
#include "mapping.h"

#include <errno.h>

#if defined(_WIN32)
#include <windows.h>

void *cb_mapping_create(const char *path, size_t size, size_t n_ready)
{
    (void)n_ready; /* all of it: a section of a file is on disk */
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, CREATE_NEW,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        errno = EACCES;
        return NULL;
    }
    HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, (DWORD)((unsigned long long)size >> 32),
                                        (DWORD)(size & 0xFFFFFFFFu), NULL);
    void *address = mapping == NULL ? NULL : MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, size);
    if (mapping != NULL) {
        CloseHandle(mapping);
    }
    CloseHandle(file);
    if (address == NULL) {
        errno = ENOSPC;
    }
    return address;
}

int cb_mapping_extend(const char *path, size_t offset, size_t size)
{
    (void)path, (void)offset, (void)size;
    return 0;
}

void cb_mapping_close(void *address, size_t size)
{
    (void)size;
    UnmapViewOfFile(address);
}

void *cb_mapping_allocate(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void cb_mapping_free(void *address, size_t size)
{
    (void)size;
    if (address != NULL) {
        VirtualFree(address, 0, MEM_RELEASE);
    }
}
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Give the file its blocks now: a write into a hole of a full disk would kill the program by SIGBUS. Zeros are
 * written rather than promised by posix_fallocate: the first store to a promised page waits for the journal of the
 * file system, milliseconds where it is busy. Result: 0 or an errno. */
static int allocate(int file, size_t offset, size_t size)
{
    static const char zeros[1 << 16];
    while (size > 0) {
        ssize_t n = pwrite(file, zeros, size < sizeof zeros ? size : sizeof zeros, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : ENOSPC;
        }
        offset += (size_t)n;
        size -= (size_t)n;
    }
    return 0;
}

void *cb_mapping_create(const char *path, size_t size, size_t n_ready)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return NULL;
    }
    int error = ftruncate(file, (off_t)size) < 0 ? errno : allocate(file, 0, n_ready);
    void *address = MAP_FAILED;
    if (error == 0) {
        address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        error = address == MAP_FAILED ? errno : 0;
    }
    close(file);
    if (error != 0) {
        unlink(path);
        errno = error;
        return NULL;
    }
    return address;
}

int cb_mapping_extend(const char *path, size_t offset, size_t size)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    int error = file < 0 ? errno : allocate(file, offset, size);
    if (file >= 0) {
        close(file);
    }
    return error == 0 ? 0 : -1;
}

void cb_mapping_close(void *address, size_t size)
{
    munmap(address, size);
}

void *cb_mapping_allocate(size_t size)
{
    void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) {
        return NULL;
    }
#if defined(MADV_NOHUGEPAGE)
    int before = errno;
    madvise(address, size, MADV_NOHUGEPAGE); /* the first event of a thread must not take two megabytes */
    errno = before;
#endif
    return address;
}

void cb_mapping_free(void *address, size_t size)
{
    if (address != NULL) {
        munmap(address, size);
    }
}
#endif
