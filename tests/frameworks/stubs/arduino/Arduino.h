/* Stands in for the ESP32 core on this machine: what the sketch uses of it. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stdio.h>
#include <time.h>

class SerialPort
{
  public:
    void begin(unsigned long)
    {
    }
    void print(const char *text)
    {
        fputs(text, stdout);
    }
    void println(const char *text)
    {
        puts(text);
    }
};
static SerialPort Serial;

inline void delay(unsigned long)
{
}
inline void configTime(long, int, const char *)
{
}

#endif
