/* Links the proof into a program of C and lets a client connect: the broker answers CONNACK, four bytes. */
#include <stddef.h>

size_t hushwing_serve(const unsigned char *bytes, size_t length);

/* Rust's prebuilt alloc names it for unwinding; here a panic stops the program. */
void rust_eh_personality(void) {}

int main(void) {
    static const unsigned char connect[] = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01" "a";
    return hushwing_serve(connect, sizeof connect - 1) == 4 ? 0 : 1;
}
