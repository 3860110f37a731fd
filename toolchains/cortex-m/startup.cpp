// What a program on a bare Cortex-M needs before main, and what newlib needs below printf: the vector table, the FPU,
// memory, and output and exit through semihosting, which the emulator (or a debugger) answers.
//
// It brings neither the heap nor the unwinder into a program. newlib's exit() and fflush() are called where the program
// has them, so what printf has gathered is written; destructors of static objects run where it calls exit() itself.
// The stack is painted before anything runs, so that a program can say how much of it was used.
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {

extern std::uint8_t data_start[], data_end[], data_image[], bss_start[], bss_end[], heap_start[], heap_end[],
    stack_bottom[], stack_top[];
using Vector = void (*)();
extern const Vector __preinit_array_start[], __preinit_array_end[], __init_array_start[], __init_array_end[];
int main(int, char**);
// Weak: where nothing else in the program asks for them they are not linked, and null here.
[[gnu::weak]] void exit(int);
[[gnu::weak]] int fflush(void*);

// newlib asks for these; without crti.o and crtbegin.o nobody else brings them.
void _init() {}
void _fini() {}
void* __dso_handle = nullptr;

static std::uintptr_t semihost(std::uintptr_t operation, const volatile void* argument) {
  register std::uintptr_t r0 asm("r0") = operation;
  register const volatile void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

[[noreturn]] void _exit(int status) {
  // SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit: the emulator ends with this status.
  const volatile std::uintptr_t block[2] = {0x20026, static_cast<std::uintptr_t>(status)};
  semihost(0x20, block);
  for (;;) {
  }
}

int _write(int, const char* text, int length) {
  char chunk[128];
  for (int done = 0; done < length;) {  // SYS_WRITE0 takes text that ends with a zero
    int count = 0;
    while (done < length && count < static_cast<int>(sizeof chunk) - 1) chunk[count++] = text[done++];
    chunk[count] = 0;
    semihost(0x04, chunk);
  }
  return length;
}

void* _sbrk(std::ptrdiff_t increment) {
  static std::uint8_t* end = heap_start;
  if (increment > heap_end - end) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  std::uint8_t* const begin = end;
  end += increment;
  return begin;
}

int _close(int) { return -1; }
int _fstat(int, struct stat* status) {
  status->st_mode = S_IFCHR;
  return 0;
}
int _getpid() { return 1; }
int _isatty(int) { return 1; }
int _kill(int, int) { return -1; }
int _lseek(int, int, int) { return 0; }
int _read(int, char*, int) { return 0; }

// The objects of libgcc and newlib name these in their tables of unwinding, and would bring the unwinder with them.
// Nothing throws here, and the linker script leaves the tables out.
[[gnu::weak]] void __aeabi_unwind_cpp_pr0() {}
[[gnu::weak]] void __aeabi_unwind_cpp_pr1() {}
[[gnu::weak]] void __aeabi_unwind_cpp_pr2() {}

[[noreturn]] void reset_handler() {
  // Every word below this function's own frame; nothing is called before it is done.
  std::uint32_t* frame;
  asm volatile("mov %0, sp" : "=r"(frame));
  for (volatile std::uint32_t* word = reinterpret_cast<std::uint32_t*>(stack_bottom); word < frame; ++word)
    *word = 0xC5C5C5C5u;

  // Full access to the FPU (coprocessors 10 and 11) before the first floating-point instruction.
  *reinterpret_cast<volatile std::uint32_t*>(0xE000ED88) |= 0xFu << 20;
  asm volatile("dsb\n isb" ::: "memory");
  std::memcpy(data_start, data_image, static_cast<std::size_t>(data_end - data_start));
  std::memset(bss_start, 0, static_cast<std::size_t>(bss_end - bss_start));
  for (const Vector* run = __preinit_array_start; run < __preinit_array_end; ++run) (*run)();
  for (const Vector* run = __init_array_start; run < __init_array_end; ++run) (*run)();
  const int status = main(0, nullptr);
  if (exit != nullptr) exit(status);
  if (fflush != nullptr) fflush(nullptr);
  _exit(status);
}

[[noreturn]] void fault_handler() {
  const char message[] = "fault: the program stopped at an address or an instruction that it may not use\n";
  _write(1, message, sizeof message - 1);
  _exit(139);
}

// A program that uses the processor's timer has one of its own.
[[gnu::weak]] void systick_handler() { fault_handler(); }
}

[[gnu::section(".vectors"), gnu::used]] static const Vector vectors[16] = {reinterpret_cast<Vector>(stack_top),
                                                                           reset_handler,
                                                                           fault_handler,
                                                                           fault_handler,
                                                                           fault_handler,
                                                                           fault_handler,
                                                                           fault_handler,
                                                                           nullptr,
                                                                           nullptr,
                                                                           nullptr,
                                                                           nullptr,
                                                                           fault_handler,
                                                                           fault_handler,
                                                                           nullptr,
                                                                           fault_handler,
                                                                           systick_handler};
