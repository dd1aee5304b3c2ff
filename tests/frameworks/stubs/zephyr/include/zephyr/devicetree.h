/* A board with an entropy device, or one without. */
#ifdef STUB_NO_ENTROPY
#define DT_HAS_CHOSEN(name) 0
#else
#define DT_HAS_CHOSEN(name) 1
#define DT_CHOSEN(name) (&(const struct device){ 0 })
#endif
