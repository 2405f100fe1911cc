#define _POSIX_C_SOURCE 200809L
#include "mapping.h"

#include <errno.h>

#if defined(_WIN32)
#include <windows.h>

void *cb_mapping_create(const char *path, size_t size)
{
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

void cb_mapping_close(void *address, size_t size)
{
    (void)size;
    UnmapViewOfFile(address);
}
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Give the file its blocks now: a write into a hole of a full disk would kill the program by SIGBUS. */
static int allocate(int file, size_t size)
{
#if defined(__APPLE__)
    fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, (off_t)size, 0};
    if (fcntl(file, F_PREALLOCATE, &store) < 0) {
        return errno;
    }
    return ftruncate(file, (off_t)size) < 0 ? errno : 0;
#else
    return posix_fallocate(file, 0, (off_t)size);
#endif
}

void *cb_mapping_create(const char *path, size_t size)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return NULL;
    }
    int error = allocate(file, size);
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

void cb_mapping_close(void *address, size_t size)
{
    munmap(address, size);
}
#endif
