/* A network that is always there. */
#ifndef WIFI_H
#define WIFI_H

enum wl_status { WL_CONNECTED };

class WiFiClass
{
  public:
    void begin(const char *, const char *)
    {
    }
    wl_status status()
    {
        return WL_CONNECTED;
    }
};
static WiFiClass WiFi;

#endif
