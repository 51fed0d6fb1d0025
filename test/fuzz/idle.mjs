// Does nothing, for as long as its parent wants it to.
setInterval(() => {}, 1000);
